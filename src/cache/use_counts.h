// How often keys that are not stored were asked for lately, for proxy_cache_min_uses. A bounded table in
// shared memory, of one word a key: all workers count together, without a lock, and may die at any
// instruction. Where there is no room the key that was asked for longest ago is forgotten, and counts from
// the beginning.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/hash.h"

namespace cache {

class UseCounts {
 public:
  /// No more is told apart, as in nginx.
  static constexpr uint32_t kMost = 1023;

  /// Of shared memory, for a zone with `keys_size` bytes of index: a word for each object it could hold.
  static size_t bytes(size_t keys_size);
  /// `memory`: aligned to 64, all zero at first. `inactive`: seconds after which a count begins anew.
  UseCounts(std::byte* memory, size_t bytes, uint32_t inactive);

  /// One more use. How many there were, this one included; at most kMost. `now`: seconds.
  uint32_t count(const base::Digest& digest, uint32_t now);

 private:
  using Word = std::atomic<uint64_t>;
  static constexpr uint32_t kPlaces = 8;  // a digest can be in: a cache line

  uint32_t age(uint64_t word, uint32_t now) const;

  Word* words_;
  size_t groups_;
  uint32_t inactive_;
};

}  // namespace cache
