#include "cache/disk_geometry.h"

#include <algorithm>
#include <bit>

namespace cache {

uint64_t purge_log_size(uint64_t max_size) {
  return std::clamp<uint64_t>(max_size / 512, 64 * 1024, 64 << 20) & ~uint64_t{4095};
}

base::Result<DiskGeometry> DiskGeometry::of(uint64_t max_size) {
  if (max_size < kLeastSize) {
    return base::fail("a disk store of {} bytes is too small: at least {}", max_size, kLeastSize);
  }
  // 64 regions or more, so that recycling one costs little of what is cached; beyond 2 TiB larger regions.
  uint64_t size = std::clamp<uint64_t>(std::bit_floor(max_size / 64), 64 * 1024, 64 << 20);
  while (size < 1 << 30 && max_size / size > kMostRegions / 2) size *= 2;
  DiskGeometry made;
  made.region_size = static_cast<uint32_t>(size);
  made.slots =
      static_cast<uint32_t>(std::min<uint64_t>(std::max<uint64_t>(max_size / size * 16, 1024), kMostRegions));
  return made;
}

uint32_t DiskGeometry::regions_for(uint64_t max_size) const {
  uint64_t beside = data_at() + 2 * purge_log_size(max_size);
  if (max_size <= beside) return 0;
  return static_cast<uint32_t>(std::min<uint64_t>((max_size - beside) / region_size, slots));
}

bool DiskGeometry::is_sound() const {
  return std::has_single_bit(region_size) && region_size >= 64 * 1024 && region_size <= 1u << 30 &&
         slots >= 1 && slots <= kMostRegions;
}

}  // namespace cache
