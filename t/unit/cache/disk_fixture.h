// A disk store in a folder of its own, with its region table in anonymous shared memory, and a folder whose
// disk can be told to fail.
#pragma once

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "cache/disk_loader.h"

namespace disk_test {

/// What the disk does wrong; shared with the files, asked before every call.
struct Faults {
  std::atomic<int> read{0}, write{0}, sync{0}, reserve{0};  ///< an errno to answer; 0: works
  std::atomic<int> after{0};                                ///< so many calls still work
  std::atomic<size_t> most{0};                              ///< bytes a write takes; 0: all
  std::atomic<bool> never_in_memory{false};                 ///< reads with nowait say no
  std::atomic<int64_t> space{-1};                           ///< free bytes; -1: ask the system
  std::function<void()> before_read;
  std::atomic<int> reads{0}, syncs{0};  ///< calls

  int answer(const std::atomic<int>& error) {
    if (error == 0) return 0;
    return after-- > 0 ? 0 : -error;
  }
};

class FaultyFile final : public cache::DiskFile {
 public:
  FaultyFile(cache::DiskFilePtr file, Faults& faults) : file_(std::move(file)), faults_(faults) {}
  ssize_t read(void* out, size_t size, uint64_t at, bool nowait) override {
    ++faults_.reads;
    if (faults_.before_read) faults_.before_read();
    if (nowait && faults_.never_in_memory) return -EAGAIN;
    int error = faults_.answer(faults_.read);
    return error != 0 ? error : file_->read(out, size, at, nowait);
  }
  ssize_t write(std::span<const iovec> pieces, uint64_t at) override {
    int error = faults_.answer(faults_.write);
    if (error != 0) return error;
    size_t most = faults_.most;
    if (most == 0) return file_->write(pieces, at);
    iovec piece = pieces[0];
    piece.iov_len = std::min(piece.iov_len, most);
    return file_->write(std::span<const iovec>(&piece, 1), at);
  }
  int sync() override {
    ++faults_.syncs;
    int error = faults_.answer(faults_.sync);
    return error != 0 ? error : file_->sync();
  }
  int reserve(uint64_t at, uint64_t size) override {
    int error = faults_.answer(faults_.reserve);
    return error != 0 ? error : file_->reserve(at, size);
  }
  int discard(uint64_t at, uint64_t size) override { return file_->discard(at, size); }
  int resize(uint64_t size) override { return file_->resize(size); }
  int64_t size() override { return file_->size(); }
  void prefetch(uint64_t at, uint64_t size) override { file_->prefetch(at, size); }
  int hold(Hold hold) override { return file_->hold(hold); }
  int lock() override { return file_->lock(); }
  void unlock() override { file_->unlock(); }
  bool replaced() override { return file_->replaced(); }

 private:
  cache::DiskFilePtr file_;
  Faults& faults_;
};

class FaultyFolder final : public cache::DiskFolder {
 public:
  FaultyFolder(const std::string& path, Faults& faults)
      : folder_(cache::make_system_folder(path)), faults_(faults) {}
  base::Result<cache::DiskFilePtr> open(const std::string& name) override {
    base::Result<cache::DiskFilePtr> file = folder_->open(name);
    if (!file) return file;
    return std::make_unique<FaultyFile>(std::move(*file), faults_);
  }
  int rename(const std::string& from, const std::string& to) override { return folder_->rename(from, to); }
  int remove(const std::string& name) override { return folder_->remove(name); }
  int64_t free_space() override { return faults_.space >= 0 ? faults_.space.load() : folder_->free_space(); }

 private:
  std::unique_ptr<cache::DiskFolder> folder_;
  Faults& faults_;
};

/// A folder that is gone with it, in the process that made it.
struct TempFolder {
  TempFolder() {
    char name[] = "/tmp/disk_test_XXXXXX";
    path = mkdtemp(name);
  }
  ~TempFolder() {
    if (getpid() == maker) std::filesystem::remove_all(path);
  }
  std::string file(const char* name) const { return path + "/" + name; }
  std::string path;
  pid_t maker = getpid();
};

/// Shared memory of one start of the program.
inline std::byte* fresh_memory() {
  void* memory = mmap(nullptr, cache::DiskRegions::bytes(), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  cache::DiskRegions::format(static_cast<std::byte*>(memory));
  return static_cast<std::byte*>(memory);
}

/// One process's view of the store: mounted, or attached when that was done.
struct Opened {
  Opened(const TempFolder& folder, std::byte* memory, uint16_t process = 0, uint64_t max_size = 4 << 20,
         uint64_t min_free = 0)
      : disk(folder.path, faults), volume(disk, {max_size, min_free}, memory), log(volume, process) {
    base::Result<void> mounted = volume.mount();
    error = mounted ? "" : mounted.error().message;
    purges = std::make_unique<cache::PurgeLog>(disk, mounted ? volume.seed() : 0, 256 * 1024);
  }
  Faults faults;
  FaultyFolder disk;
  cache::DiskVolume volume;
  cache::DiskLog log;
  std::unique_ptr<cache::PurgeLog> purges;
  std::string error;
};

inline std::string pattern(std::string_view key, size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += fmt::format("{}:{};", key, i);
  text.resize(size);
  return text;
}

inline std::unique_ptr<cache::RecordImage> image(cache::DiskVolume& volume, std::string_view key,
                                                 std::string body) {
  cache::DiskObject object;
  object.digest = base::digest128(key);
  object.uri = base::digest128(key, 1);
  object.key = key;
  object.facts = "facts";
  object.head = "head";
  uint64_t size = body.size();
  return cache::RecordImage::object(volume.geometry(), object, std::move(body), {}, size,
                                    volume.regions().next_sequence());
}

/// Its location; 0: not written.
inline uint64_t store(Opened& opened, std::string_view key, std::string body) {
  std::unique_ptr<cache::RecordImage> record = image(opened.volume, key, std::move(body));
  if (!record) return 0;
  cache::DiskLog::Item item{record.get(), 0};
  (void)opened.log.append(std::span(&item, 1));
  return item.location;
}

/// The body at that place if it is the key's; "-" otherwise.
inline std::string fetch(Opened& opened, std::string_view key, uint64_t location) {
  if (location == 0) return "-";
  cache::DiskLocation where = cache::DiskLocation::unpack(location);
  std::string bytes(sizeof(cache::RecordHeader), '\0');
  if (opened.volume.read(where, 0, bytes.data(), bytes.size(), false) != cache::DiskRead::done) return "-";
  auto header = cache::read_record_header(bytes, opened.volume.geometry(), where, opened.volume.seed());
  if (!header) return "-";
  bytes.resize(header->length);
  if (opened.volume.read(where, 0, bytes.data(), bytes.size(), false) != cache::DiskRead::done) return "-";
  auto record = cache::read_record(bytes, opened.volume.geometry(), where, opened.volume.seed());
  if (!record || record->object.key != key) return "-";
  return std::string(record->body);
}

/// A plain index: what a loader tells.
struct Index {
  std::map<std::string, cache::LoadedObject> by_digest;
  static std::string name(const base::Digest& digest) {
    return fmt::format("{:x}{:x}", digest.high, digest.low);
  }

  /// Loads everything; how many calls that took. 0: the loader failed.
  int load(Opened& opened) {
    cache::DiskLoader loader(opened.volume, opened.log, *opened.purges);
    if (!loader.orders()) return 0;
    std::vector<cache::LoadedObject> batch;
    for (int calls = 1;; ++calls) {
      base::Result<bool> more = loader.next(batch);
      if (!more) return 0;
      for (const cache::LoadedObject& object : batch) {
        cache::LoadedObject& there = by_digest[name(object.digest)];
        if (cache::is_newer(opened.volume, object, there.location, true)) there = object;
      }
      if (!*more) return calls;
    }
  }
  uint64_t find(std::string_view key) const {
    auto found = by_digest.find(name(base::digest128(key)));
    return found == by_digest.end() ? 0 : found->second.location;
  }
};

}  // namespace disk_test
