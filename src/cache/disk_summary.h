// What a sealed region holds, in one piece behind its records: a restart reads this instead of the records.
#pragma once

#include <string_view>
#include <vector>

#include "base/hash.h"
#include "cache/disk_file.h"
#include "cache/disk_record.h"

namespace cache {

/// One object's record, as much of it as an index needs.
struct SummaryEntry {
  base::Digest digest;
  base::Digest uri;
  uint64_t sequence = 0;
  uint64_t body_size = 0;
  uint32_t offset = 0;  ///< in units, from the region's start
  uint32_t stored_at = 0;
  uint32_t expires = 0;
  uint8_t kind = 0;
  uint8_t reserved[3] = {};

  static SummaryEntry of(const RecordHeader& header);
};
static_assert(sizeof(SummaryEntry) == 64);

using Summary = std::vector<SummaryEntry>;

/// Bytes on the disk of a summary with so many entries.
uint32_t summary_size(size_t count);
/// Writes the summary of that use of the region at the file's `at`.
base::Result<void> write_summary(DiskFile& file, uint64_t at, uint32_t region, uint32_t generation,
                                 const Summary& summary, uint64_t seed);
/// Errors: what the system said; code 0 when it is not whole.
base::Result<Summary> read_summary(DiskFile& file, uint64_t at, uint32_t region, uint32_t generation,
                                   uint32_t count, uint64_t seed);

}  // namespace cache
