// The table of a disk store's regions in shared memory: who writes which, which are full, which were
// recycled. One region is written by one process at a time. Everything that happens to a region happens here,
// under one robust lock, in sections that do no I/O.
//
// A region's generation goes up before the first byte of its next use is written. Who copies bytes out of a
// region compares the generation before and after: equal, and the bytes are what they were.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "cache/disk_geometry.h"
#include "shm/process_table.h"
#include "shm/robust_lock.h"

namespace cache {

/// Goes up with every change below: a segment of another layout is made anew, and the store is mounted again.
inline constexpr uint32_t kDiskLayout = 2;

enum class RegionState : uint8_t {
  fresh,       ///< no room was set aside for it on the disk
  free,        ///< nothing in it
  open,        ///< its owner writes at its end
  sealed,      ///< records and their summary
  orphan,      ///< records without a summary: its owner died, or the power went
  sealing,     ///< an orphan whose owner (for now) reads it to write the summary
  reclaiming,  ///< sealed, and its owner copies what is worth keeping out of it
};

struct DiskRegion {
  std::atomic<uint32_t> generation;
  std::atomic<uint32_t> word;  // state in the low byte, the owner above
  std::atomic<uint32_t> end;   // bytes of records
  uint32_t summary_at;         // bytes from its start
  uint32_t count;              // entries of the summary
  uint8_t partial;             // sealed at a clean stop with much room left: may be opened again
  uint8_t loaded;              // the index knows what is in it
  uint16_t reserved;
  uint64_t opened;   // the sequence when its use began: its age
  uint64_t lowest;   // of its records' sequences; UINT64_MAX without records
  uint64_t highest;  // never above it

  RegionState state() const { return static_cast<RegionState>(word.load(std::memory_order_acquire) & 0xff); }
  shm::ProcessIndex owner() const {
    return static_cast<shm::ProcessIndex>(word.load(std::memory_order_acquire) >> 8);
  }
};
static_assert(sizeof(DiskRegion) == 48);

/// What all processes count together.
enum class DiskCount : uint8_t {
  records,  ///< written
  bytes,    ///< written
  found,    ///< lookups that gave an object
  stale,    ///< lookups that came after the region was recycled
  torn,     ///< records found damaged
  refused,  ///< writes turned down: offline, no region, too much waiting
  read_errors,
  write_errors,
  no_space,  ///< of the write errors: ENOSPC
  recycled,  ///< regions
  kept,      ///< hot objects written again when their region was recycled
  offline,   ///< times the store took itself offline
  kCount,
};

struct DiskHeader {
  enum class Mount : uint32_t {
    none,  ///< not tried yet
    mounted,
    refused,  ///< tried, and it cannot be opened now; tried again later
  };

  shm::RobustLock lock;
  std::atomic<Mount> mount;
  std::atomic<uint32_t> regions;  // in use: the first ones
  std::atomic<uint32_t> usable;   // of them: all, or those that have room set aside when there is no more
  uint64_t seed;
  uint64_t epoch;  // of the superblock
  DiskGeometry geometry;
  std::atomic<uint64_t> sequence;      // the next record's
  std::atomic<uint64_t> purges;        // appended to the purge log since the mount
  std::atomic<uint32_t> failures;      // in a row
  std::atomic<int64_t> offline_until;  // on the monotonic clock; 0: not
  std::atomic<uint32_t> loading;       // 1: not all regions are loaded
  uint64_t recoveries;
  std::atomic<uint64_t> counts[static_cast<size_t>(DiskCount::kCount)];
};

/// A region its taker writes from now on.
struct TakenRegion {
  uint32_t region = 0;
  uint32_t generation = 0;
  bool fresh = false;       ///< room has to be set aside first
  bool again = false;       ///< go on behind the records that are there
  uint32_t end = 0;         ///< with `again`
  uint32_t summary_at = 0;  ///< with `again`
  uint32_t count = 0;       ///< with `again`
  uint64_t opened = 0;
};

class DiskRegions {
 public:
  /// With fewer that are usable, what belongs to an object that is just being written is not recycled:
  /// whoever reads it along would lose it. In a larger store only the slowest fills live to see that.
  static constexpr uint32_t kFew = 16;

  /// Bytes of the segment, always: a reload that changes max_size keeps it. Only what is used costs memory.
  static size_t bytes() {
    return sizeof(DiskHeader) + sizeof(DiskRegion) * size_t{DiskGeometry::kMostRegions};
  }
  /// The `format` of shm::Segments::open().
  static void format(std::byte* memory);

  explicit DiskRegions(std::byte* memory)
      : header_(reinterpret_cast<DiskHeader*>(memory)),
        regions_(reinterpret_cast<DiskRegion*>(header_ + 1)) {}

  DiskHeader& header() const { return *header_; }
  DiskRegion& at(uint32_t region) const { return regions_[region]; }
  uint32_t count() const { return header_->regions.load(std::memory_order_acquire); }
  /// How many there are room for, as far as is known.
  uint32_t usable() const { return std::min(count(), header_->usable.load(std::memory_order_relaxed)); }
  void add(DiskCount what, uint64_t by = 1) const {
    header_->counts[static_cast<size_t>(what)].fetch_add(by, std::memory_order_relaxed);
  }
  uint64_t count_of(DiskCount what) const {
    return header_->counts[static_cast<size_t>(what)].load(std::memory_order_relaxed);
  }
  uint64_t next_sequence() const { return header_->sequence.fetch_add(1, std::memory_order_relaxed); }

  /// Whether the region still holds what it held when the location was made.
  bool is_current(const DiskLocation& where) const {
    return where.region < count() && (at(where.region).generation.load(std::memory_order_seq_cst) &
                                      DiskLocation::kGenerationMask) == where.generation;
  }

  /// A region to write: one with room left, a free one, a fresh one (if it `may_grow`), the oldest full one.
  /// Empty: there is none. `unfinished`: the lowest sequence of what the owner is still writing.
  std::optional<TakenRegion> take(shm::ProcessIndex owner, bool may_grow, uint64_t unfinished = UINT64_MAX);
  /// Whether the owner still has it (a shrinking store takes regions back).
  bool is_owned(uint32_t region, uint32_t generation, shm::ProcessIndex owner, RegionState state) const;
  /// Records up to `end` are written; `lowest` and `highest` of their sequences.
  void advance(uint32_t region, uint32_t end, uint64_t lowest, uint64_t highest);
  /// The summary is on the disk. Ends open, sealing.
  void seal(uint32_t region, uint32_t summary_at, uint32_t count, bool partial);
  /// Ends open, sealing, reclaiming: nothing in it is of use. `fresh`: nor is its room.
  void free(uint32_t region, bool fresh);
  /// Ends sealing, reclaiming, open as if its owner had died.
  void give_up(uint32_t region);
  /// An orphan to seal; empty when there is none.
  std::optional<uint32_t> begin_sealing(shm::ProcessIndex owner);
  /// The summary of a sealed region is damaged: its records have to be read through.
  void distrust(uint32_t region, uint32_t generation);
  /// The youngest sealed region of which the index knows nothing; empty when there is none.
  std::optional<uint32_t> newest_unloaded();
  void set_loaded(uint32_t region, uint32_t generation);
  /// Whether there is a region of which the index knows nothing, whatever its state.
  bool any_unloaded() const;
  /// The index was started empty while the store was not: all of it is to be loaded (again).
  void unload_all();
  /// The oldest full region that was loaded, to be recycled; empty when there is none.
  std::optional<uint32_t> begin_reclaiming(shm::ProcessIndex owner);

  /// What a dead process had: open regions become orphans.
  void release_process(shm::ProcessIndex process);
  /// How many regions there are from now on; those beyond are gone. True when nobody writes beyond any more,
  /// so that the file can be cut.
  bool resize(uint32_t count);
  uint32_t in_state(RegionState state) const;
  /// No record is older: what was purged before it needs no memory of it.
  uint64_t oldest_sequence() const;
  /// What is wrong with the table; empty when all is well.
  std::string check() const;

 private:
  shm::Locked locked();
  void recover();
  void set(uint32_t region, RegionState state, shm::ProcessIndex owner = shm::kNoProcess);
  void recycle(uint32_t region);
  std::optional<uint32_t> oldest(RegionState state, uint64_t below = UINT64_MAX) const;

  DiskHeader* header_;
  DiskRegion* regions_;
};

}  // namespace cache
