// Telling an index that starts empty what a disk store holds: region by region, the youngest first, in
// batches, from the regions' summaries. What the store remembers as loaded is not told again, so a keeper
// that dies in between is followed by one that goes on.
#pragma once

#include <memory>
#include <vector>

#include "cache/disk_log.h"
#include "cache/disk_purge_log.h"

namespace cache {

/// An object in the store.
struct LoadedObject {
  base::Digest digest;
  base::Digest uri;
  uint64_t location = 0;
  uint64_t sequence = 0;
  uint64_t body_size = 0;
  uint32_t stored_at = 0;
  uint32_t expires = 0;
  uint8_t kind = 0;
  bool stale = false;  ///< was purged softly
};

/// Blocks: for disk threads.
class DiskLoader {
 public:
  static constexpr size_t kBatch = 4096;

  /// `log` sums up what no summary was written of.
  DiskLoader(DiskVolume& volume, DiskLog& log, PurgeLog& purges)
      : volume_(volume), log_(log), purges_(purges) {}

  /// What has to be known before the first batch: every purge that is remembered. Also to be asked after a
  /// batch was taken over: a purge may have come just before it.
  base::Result<std::vector<PurgeOrder>> orders();
  /// The next objects, at most kBatch; none does not mean the end. False: that was all. By this call the last
  /// batch counts as taken over.
  base::Result<bool> next(std::vector<LoadedObject>& batch);

 private:
  base::Result<bool> next_region();

  DiskVolume& volume_;
  DiskLog& log_;
  PurgeLog& purges_;
  PurgeBook book_;
  Summary summary_;  // of the current region, from its end on
  uint32_t region_ = 0;
  uint32_t generation_ = 0;
  bool current_ = false;
};

/// Of two records of one digest, whether the loaded one is the newer; `there` is what the index has. Cheap
/// unless their regions were written at the same time; then it reads a header, from memory if it `may_block`
/// not. When it cannot tell, what is there stays.
bool is_newer(DiskVolume& volume, const LoadedObject& loaded, uint64_t there, bool may_block);

}  // namespace cache
