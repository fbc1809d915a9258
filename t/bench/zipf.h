// A seeded Zipf(1.0) sequence of object numbers: number n (from 0) is asked for 1/(n+1) as often as number 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

class Zipf {
 public:
  Zipf(size_t objects, uint64_t seed) : sums_(objects), random_(seed) {
    double sum = 0;
    for (size_t i = 0; i < objects; ++i) sums_[i] = sum += 1.0 / static_cast<double>(i + 1);
  }
  size_t next() {
    // Bits to a number by hand: the library's distributions differ from one to another.
    double at = static_cast<double>(random_() >> 11) * 0x1p-53 * sums_.back();
    size_t found = static_cast<size_t>(std::upper_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
    return std::min(found, sums_.size() - 1);
  }
  /// The hit ratio of a cache that always holds the `held` most wanted ones.
  double best(size_t held) const { return sums_[held - 1] / sums_.back(); }

 private:
  std::vector<double> sums_;
  std::mt19937_64 random_;
};
