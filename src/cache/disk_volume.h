// One store's file and region table together, as one process sees them: mounting, slots, reads that never
// show bytes of another use. All its functions may run on any thread; all but read() with `nowait` may block.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cache/disk_file.h"
#include "cache/disk_region.h"
#include "cache/disk_summary.h"

namespace cache {

/// What proxy_cache_path says of a disk store.
struct DiskSettings {
  uint64_t max_size = 0;
  uint64_t min_free = 0;
};

enum class DiskRead : uint8_t {
  done,
  not_now,  ///< not in memory: ask again on a disk thread
  gone,     ///< the region was recycled: whatever was copied is not what was asked for
  failed,   ///< the disk said no
};

class DiskVolume {
 public:
  static constexpr const char* kFile = "regions";

  DiskVolume(DiskFolder& folder, const DiskSettings& settings, std::byte* memory)
      : folder_(folder), settings_(settings), regions_(memory) {}

  /// Reads what lies on the disk into a fresh region table (a store of another version, or of a size that its
  /// geometry cannot have, is started empty) and attaches. In one process, before anybody else attaches; once
  /// mounted it only attaches. Errors: the disk's; that an older generation of processes still has it open.
  base::Result<void> mount();
  /// Opens the store that another process mounted.
  base::Result<void> attach();
  bool attached() const { return file_ != nullptr; }

  DiskRegions& regions() { return regions_; }
  const DiskRegions& regions() const { return regions_; }
  const DiskGeometry& geometry() const { return regions_.header().geometry; }
  uint64_t seed() const { return regions_.header().seed; }
  DiskFile& file() { return *file_; }
  DiskFolder& folder() { return folder_; }
  const DiskSettings& settings() const { return settings_; }
  /// The lowest sequence of this process's objects that are still being written; UINT64_MAX: none.
  uint64_t unfinished() const { return unfinished_.load(std::memory_order_relaxed); }
  void set_unfinished(uint64_t lowest) { unfinished_.store(lowest, std::memory_order_relaxed); }
  /// Of a reload that keeps this process.
  void set_settings(const DiskSettings& settings) { settings_ = settings; }

  /// Copies bytes of that use of its region, `skip` bytes behind the location.
  DiskRead read(const DiskLocation& where, uint64_t skip, void* out, size_t size, bool nowait);
  /// Says on the disk what the table says of the region; by its owner.
  base::Result<void> write_slot(uint32_t region);
  /// Whether the file system has room for one more region beside min_free.
  bool may_grow();
  /// Bytes missing to min_free; 0: there is enough.
  uint64_t missing_space();
  /// Uses as many regions as the settings allow, cutting the file when nobody writes beyond.
  base::Result<void> resize();

 private:
  struct Superblock;
  base::Result<void> open();
  base::Result<void> mount_first();
  std::optional<Superblock> read_superblock();
  base::Result<void> write_superblock(const Superblock& block);
  base::Result<void> even_out();
  base::Result<void> read_slots(uint32_t count);
  base::Result<void> cut(uint32_t count);
  void adopt(const Superblock& block, uint32_t count);
  void adopt_region(uint32_t region, const char* slot, uint64_t file_size);

  DiskFolder& folder_;
  DiskSettings settings_;
  DiskRegions regions_;
  std::atomic<uint64_t> unfinished_{UINT64_MAX};
  DiskFilePtr file_;
};

}  // namespace cache
