// open_file_cache: what opening paths gave, kept per worker. The least recently used goes first; what nobody
// asked for within the inactive time goes too.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/list.h"
#include "exchange/open_file.h"

namespace exchange {

class FileCache {
 public:
  /// The worker's cache with these parameters, made at first use; null when `max` is 0.
  static FileCache* of(Worker& worker, uint32_t max, base::Duration inactive);

  FileCache(const base::Clock& clock, uint32_t max, base::Duration inactive)
      : clock_(clock), max_(max), inactive_(inactive) {}

  /// What is known of `path`, no older than `valid`; null when it must be opened. Counts as a use.
  const OpenedFile* find(const std::string& path, base::Duration valid);
  /// Keeps what opening `path` gave; its descriptor only if it was used `min_uses` times within the inactive
  /// time.
  void put(const std::string& path, const OpenedFile& opened, uint32_t min_uses);
  size_t size() const { return entries_.size(); }

 private:
  struct Entry : base::ListNode<Entry> {
    std::string path;
    OpenedFile opened;
    bool has_answer = false;     // false: only uses are counted, the descriptor is not kept
    base::MonoTime checked = 0;  // when it was opened
    base::MonoTime used = 0;
    uint32_t uses = 0;
  };
  void drop_old();
  void drop(Entry& entry);

  const base::Clock& clock_;
  uint32_t max_;
  base::Duration inactive_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  base::List<Entry, Entry> by_use_;  // least recently used first
};

}  // namespace exchange
