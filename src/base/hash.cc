#include "base/hash.h"

#include <sys/random.h>
#include <xxhash.h>

#include "base/check.h"

namespace base {

Digest digest128(std::string_view bytes, uint64_t seed) {
  XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

uint64_t hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

uint64_t random_seed() {
  uint64_t seed = 0;
  PC_CHECK(getrandom(&seed, sizeof seed, 0) == sizeof seed);
  return seed;
}

}  // namespace base
