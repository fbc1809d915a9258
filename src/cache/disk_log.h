// Where one process writes: at the end of a region that it took for itself. Blocks: runs on disk threads, one
// call at a time. A region that is full is sealed with its summary and another one taken.
#pragma once

#include <span>

#include "cache/disk_volume.h"

namespace cache {

class DiskLog {
 public:
  /// A record and, once written, its place; 0: it could not be written.
  struct Item {
    RecordImage* image;
    uint64_t location;
  };

  DiskLog(DiskVolume& volume, shm::ProcessIndex owner) : volume_(volume), owner_(owner) {}
  shm::ProcessIndex owner() const { return owner_; }

  /// Writes the records in their order, as few writes as there are regions. Errors: of the disk; then some
  /// items have no location. One that does not fit any region has none either, without an error.
  base::Result<void> append(std::span<Item> items);
  /// Ends the open region: synced, its summary written, so that a restart need not read its records. With
  /// `partial`, for a stop: who comes next goes on behind the records if much room is left.
  base::Result<void> seal(bool partial);
  /// Sums up a region whose owner died. True when there was one.
  base::Result<bool> seal_orphan();

 private:
  base::Result<void> take();
  base::Result<void> begin(const TakenRegion& taken);
  size_t place(std::span<Item> items);
  base::Result<void> write(std::span<Item> items);
  bool owned() { return volume_.regions().is_owned(region_, generation_, owner_, RegionState::open); }
  base::Result<void> close(uint32_t region, uint32_t generation, uint32_t end, const Summary& summary,
                           bool partial);
  void drop();

  DiskVolume& volume_;
  shm::ProcessIndex owner_;
  bool open_ = false;
  uint32_t region_ = 0;
  uint32_t generation_ = 0;
  uint32_t end_ = 0;
  Summary summary_;
};

}  // namespace cache
