#include <criterion/criterion.h>

#include <cmath>
#include <random>

#include "t/unit/cache/zone_fixture.h"

using namespace cache_test;

namespace {

class Zipf {
 public:
  explicit Zipf(size_t count) {
    double sum = 0;
    for (size_t i = 1; i <= count; ++i) sums_.push_back(sum += 1.0 / static_cast<double>(i));
  }
  size_t next(std::mt19937_64& random) {
    double at = std::uniform_real_distribution<double>(0, sums_.back())(random);
    return static_cast<size_t>(std::lower_bound(sums_.begin(), sums_.end(), at) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

double hit_ratio(cache::Zone& zone, size_t requests, const std::function<size_t()>& next) {
  size_t hits = 0;
  std::string body(64, 'x');
  for (size_t i = 0; i < requests; ++i) {
    std::string key = fmt::format("{:08}", next());
    base::Arena arena;
    if (zone.find(zone.digest(key), key, 1, arena)) {
      ++hits;
    } else {
      store(zone, key, body, 1);
    }
  }
  return static_cast<double>(hits) / static_cast<double>(requests);
}

}  // namespace

// Of 20,000 objects with popularity 1/n a fifth fits: LRU hits 0.78 of 200,000 requests.
Test(eviction, keeps_what_is_popular, .timeout = 60) {
  ZoneFixture fixture(1 << 20, 4000 * 176 + 8192);
  cache::Zone zone = fixture.open(0);
  Zipf zipf(20000);
  std::mt19937_64 random(1);
  double ratio = hit_ratio(zone, 200000, [&] { return zipf.next(random); });
  cr_log_info("zipf: %f with %lu objects\n", ratio, zone.totals().objects);
  cr_assert_gt(ratio, 0.79);
}

// Two thousand objects in use, and a walk over a million others in between: the walk must not wash them out.
Test(eviction, a_scan_does_not_displace_what_is_in_use, .timeout = 60) {
  ZoneFixture fixture(1 << 20, 4000 * 176 + 8192);
  cache::Zone zone = fixture.open(0);
  std::mt19937_64 random(1);
  auto use = [&] { return random() % 2000; };
  hit_ratio(zone, 20000, use);
  size_t at = 100000;
  hit_ratio(zone, 40000, [&] { return random() % 4 == 0 ? use() : at++; });
  double ratio = hit_ratio(zone, 10000, use);
  cr_assert_gt(ratio, 0.95, "%f", ratio);
}
