#include "exchange/file_cache.h"

#include <map>

#include "exchange/module.h"
#include "exchange/worker.h"

namespace exchange {
namespace {

// Names what a worker keeps of its caches.
constexpr Module kOwner = {.name = "open_file_cache"};
using Caches = std::map<std::pair<uint32_t, base::Duration>, std::unique_ptr<FileCache>>;

}  // namespace

FileCache* FileCache::of(Worker& worker, uint32_t max, base::Duration inactive) {
  if (max == 0) return nullptr;
  if (!worker.keeps(kOwner)) worker.keep(kOwner, std::make_shared<Caches>());
  std::unique_ptr<FileCache>& cache = worker.kept<Caches>(kOwner)[{max, inactive}];
  if (!cache) cache = std::make_unique<FileCache>(worker.clock(), max, inactive);
  return cache.get();
}

const OpenedFile* FileCache::find(const std::string& path, base::Duration valid) {
  drop_old();
  auto found = entries_.find(path);
  if (found == entries_.end()) return nullptr;
  Entry& entry = *found->second;
  entry.used = clock_.now();
  ++entry.uses;
  by_use_.push_back(entry);
  bool fresh = entry.has_answer && clock_.now() - entry.checked < valid.count();
  return fresh ? &entry.opened : nullptr;
}

void FileCache::put(const std::string& path, const OpenedFile& opened, uint32_t min_uses) {
  std::unique_ptr<Entry>& place = entries_[path];
  if (!place) {
    place = std::make_unique<Entry>();
    place->path = path;
    place->uses = 1;
  }
  Entry& entry = *place;
  entry.used = entry.checked = clock_.now();
  entry.has_answer = opened.error != 0 || entry.uses >= min_uses;
  entry.opened = entry.has_answer ? opened : OpenedFile();
  by_use_.push_back(entry);
  while (entries_.size() > max_) drop(*by_use_.front());
}

void FileCache::drop_old() {
  // Two at a time are enough: each use looks.
  for (int i = 0; i < 2; ++i) {
    Entry* oldest = by_use_.front();
    if (oldest == nullptr || clock_.now() - oldest->used < inactive_.count()) return;
    drop(*oldest);
  }
}

void FileCache::drop(Entry& entry) { entries_.erase(std::string(entry.path)); }

}  // namespace exchange
