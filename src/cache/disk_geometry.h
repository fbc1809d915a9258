// Where things lie in a disk store's file, and how a place in it is named in 64 bits.
//
//   superblock A | superblock B | one slot a region … | region 0 | region 1 | …
//
// Region size and number of slots are chosen when the store is made and stay; max_size decides how many
// regions are used, so that a store grows and shrinks without being written anew.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace cache {

/// Goes up with every change of what lies on the disk: a store of another version is started empty.
inline constexpr uint32_t kDiskVersion = 1;

/// A place in a store: the 64 bits the index keeps. It names one use of the region, so that it leads nowhere
/// once the region was recycled.
struct DiskLocation {
  uint32_t region = 0;
  uint32_t generation = 0;  ///< its lower kGenerationBits
  uint32_t offset = 0;      ///< in units of the geometry

  static constexpr unsigned kRegionBits = 16, kOffsetBits = 22, kGenerationBits = 26;
  static constexpr uint32_t kGenerationMask = (1u << kGenerationBits) - 1;

  /// Never 0.
  uint64_t pack() const {
    return uint64_t{region + 1} << (kOffsetBits + kGenerationBits) | uint64_t{offset} << kGenerationBits |
           (generation & kGenerationMask);
  }
  /// `packed` is not 0.
  static DiskLocation unpack(uint64_t packed) {
    return {static_cast<uint32_t>(packed >> (kOffsetBits + kGenerationBits)) - 1,
            static_cast<uint32_t>(packed) & kGenerationMask,
            static_cast<uint32_t>(packed >> kGenerationBits) & ((1u << kOffsetBits) - 1)};
  }
};

struct DiskGeometry {
  static constexpr uint32_t kMostRegions = 65535;
  static constexpr uint64_t kLeastSize = 1 << 20;
  static constexpr uint32_t kSuperblock = 4096;
  static constexpr uint32_t kSlot = 64;

  uint32_t region_size = 0;  ///< bytes: a power of two, 64 KiB to 1 GiB
  uint32_t slots = 0;        ///< most regions this store can ever have

  /// For a new store of `max_size` bytes. Errors: less than kLeastSize.
  static base::Result<DiskGeometry> of(uint64_t max_size);

  /// Records begin at multiples of this many bytes.
  uint32_t unit() const {
    return region_size >> DiskLocation::kOffsetBits < 16 ? 16 : region_size >> DiskLocation::kOffsetBits;
  }
  uint64_t slot_at(uint32_t region) const { return 2 * uint64_t{kSuperblock} + uint64_t{region} * kSlot; }
  uint64_t data_at() const { return (slot_at(slots) + 4095) & ~uint64_t{4095}; }
  uint64_t region_at(uint32_t region) const { return data_at() + uint64_t{region} * region_size; }
  /// How many regions a store of `max_size` bytes has, all its files counted.
  uint32_t regions_for(uint64_t max_size) const;
  /// A record is at most this long.
  uint32_t largest_record() const { return region_size / 2; }
  /// Bytes of body in one record: the unit of streaming.
  uint32_t largest_piece() const { return region_size / 8 < kPiece ? region_size / 8 : kPiece; }
  bool is_sound() const;

 private:
  static constexpr uint32_t kPiece = 512 * 1024;
};

/// Bytes of one purge log; a second one lies beside it for the moment of its compaction.
uint64_t purge_log_size(uint64_t max_size);

}  // namespace cache
