#include "cache/use_counts.h"

#include <algorithm>
#include <bit>

namespace cache {

namespace {

// A word: 32 bits of the digest (odd, so that 0 is nobody's), 22 of the last use's second, 10 of the count.
constexpr uint32_t kTimeBits = 22;
constexpr uint32_t kCountBits = 10;
constexpr uint32_t kTimeMask = (1U << kTimeBits) - 1;
constexpr uint32_t kCountMask = (1U << kCountBits) - 1;
constexpr int kMostTries = 16;
constexpr size_t kBytesAnObject = 64;  // of the zone's index

uint64_t make_word(uint64_t tag, uint32_t now, uint32_t count) {
  return tag << 32 | uint64_t{now & kTimeMask} << kCountBits | count;
}
uint32_t count_of(uint64_t word) { return static_cast<uint32_t>(word) & kCountMask; }

}  // namespace

size_t UseCounts::bytes(size_t keys_size) {
  return std::bit_ceil(std::max<size_t>(keys_size / kBytesAnObject, kPlaces)) * sizeof(Word);
}

UseCounts::UseCounts(std::byte* memory, size_t bytes, uint32_t inactive)
    : words_(reinterpret_cast<Word*>(memory)),
      groups_(bytes / sizeof(Word) / kPlaces),
      inactive_(std::min(inactive, kTimeMask)) {}

uint32_t UseCounts::age(uint64_t word, uint32_t now) const {
  return (now - static_cast<uint32_t>(word >> kCountBits)) & kTimeMask;
}

uint32_t UseCounts::count(const base::Digest& digest, uint32_t now) {
  uint64_t tag = (digest.high >> 32) | 1;
  Word* group = words_ + (digest.low & (groups_ - 1)) * kPlaces;
  for (int tries = 0; tries < kMostTries; ++tries) {
    Word* place = nullptr;
    uint64_t there = 0;
    for (Word* word = group; word != group + kPlaces; ++word) {
      uint64_t value = word->load(std::memory_order_relaxed);
      bool is_own = value >> 32 == tag;
      bool is_better = place == nullptr || (there != 0 && (value == 0 || age(value, now) > age(there, now)));
      if (!is_own && !is_better) continue;
      place = word;
      there = value;
      if (is_own) break;
    }
    bool goes_on = there >> 32 == tag && age(there, now) <= inactive_;
    uint32_t count = goes_on ? std::min(count_of(there) + 1, kMost) : 1;
    if (place->compare_exchange_strong(there, make_word(tag, now, count), std::memory_order_relaxed)) {
      return count;
    }
  }
  return 1;  // so many count here at once that this one need not
}

}  // namespace cache
