// Reading a region's records through, every byte of them verified: what is done once with a region whose
// owner died, or that was open when the power went.
#pragma once

#include <vector>

#include "cache/disk_volume.h"

namespace cache {

struct ScannedRegion {
  uint32_t end = 0;  ///< bytes of records
  uint64_t lowest = UINT64_MAX;
  uint64_t highest = 0;
  uint32_t torn = 0;  ///< records left out because their bytes are wrong
  Summary summary;
};

/// Looks at records that begin before `limit` bytes. Blocks. Ends at the first place where no record of that
/// use begins. An object whose extents lie in regions that are not sealed is left out if one of these is not
/// whole. What cannot be read counts as the end.
ScannedRegion scan_region(DiskVolume& volume, uint32_t region, uint32_t generation,
                          uint32_t limit = UINT32_MAX);

}  // namespace cache
