// Distributions that all processes record into without a lock: log-linear buckets (16 a power of two, so a
// value is known to 1/16), one row a process index as in counters.h.
#pragma once

#include <bit>
#include <cstdint>

#include "shm/counters.h"

namespace shm {

class Histogram {
 public:
  static constexpr uint32_t kSteps = 16;   ///< buckets a power of two
  static constexpr uint32_t kPowers = 40;  ///< values of 2^40 and above share the last bucket
  static constexpr uint32_t kBuckets = kSteps * (kPowers - 3);
  static constexpr uint32_t kSum = kBuckets;  // the cell after the buckets
  static constexpr uint32_t kCells = kBuckets + 1;

  static size_t bytes(uint16_t processes) { return Counters::bytes(processes, kCells); }
  Histogram(void* memory, uint16_t processes) : cells_(memory, processes, kCells) {}

  void record(uint16_t process, uint64_t value) {
    cells_.add(process, bucket(value));
    cells_.add(process, kSum, static_cast<int64_t>(value));
  }
  int64_t count(uint32_t bucket_index) const { return cells_.sum(bucket_index); }
  int64_t sum() const { return cells_.sum(kSum); }

  /// The bucket a value falls in: exact below 16.
  static constexpr uint32_t bucket(uint64_t value) {
    if (value < kSteps) return static_cast<uint32_t>(value);
    uint32_t power = static_cast<uint32_t>(std::bit_width(value)) - 1;  // at least 4
    if (power >= kPowers) return kBuckets - 1;
    return (power - 3) * kSteps + static_cast<uint32_t>(value >> (power - 4) & (kSteps - 1));
  }
  /// The lowest value of a bucket.
  static constexpr uint64_t lowest(uint32_t bucket_index) {
    if (bucket_index < kSteps) return bucket_index;
    uint32_t power = bucket_index / kSteps + 3;
    return (uint64_t{kSteps} + bucket_index % kSteps) << (power - 4);
  }
  /// The lowest value of the bucket below which `share` (0 to 1) of all values lie; 0 when there are none.
  uint64_t quantile(double share) const;

 private:
  Counters cells_;
};

}  // namespace shm
