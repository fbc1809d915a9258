// Digests for tables: fast, seeded, not for secrets.
#pragma once

#include <cstdint>
#include <string_view>

namespace base {

/// 128 bits of XXH3: wide enough that two keys of one cache never meet by chance.
struct Digest {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};

Digest digest128(std::string_view bytes, uint64_t seed = 0);
uint64_t hash64(std::string_view bytes, uint64_t seed = 0);
/// A seed no client can guess, from the system.
uint64_t random_seed();

}  // namespace base
