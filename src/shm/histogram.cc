#include "shm/histogram.h"

#include <cmath>

namespace shm {

uint64_t Histogram::quantile(double share) const {
  int64_t total = 0;
  for (uint32_t i = 0; i < kBuckets; ++i) total += count(i);
  if (total == 0) return 0;
  int64_t wanted = static_cast<int64_t>(std::ceil(share * static_cast<double>(total)));
  int64_t seen = 0;
  for (uint32_t i = 0; i < kBuckets; ++i) {
    seen += count(i);
    if (seen >= wanted && seen > 0) return lowest(i);
  }
  return lowest(kBuckets - 1);
}

}  // namespace shm
