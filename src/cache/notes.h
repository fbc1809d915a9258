// What the workers of one zone remember for each other beside what is stored, in shared memory: why a
// response was not stored, and where the variants of a key lie. Bounded tables in which the oldest gives way;
// nothing depends on a note being there. Each process has a Notes of its own over the same memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/slot_table.h"

namespace cache {

/// Why the last response to a URI was not stored.
struct Refusal {
  int64_t time = 0;  ///< seconds since 1970
  int status = 0;
  std::string why;  ///< a word, as Cache-Status has it
};

class Notes {
 public:
  static constexpr uint32_t kLayout = 1;
  /// Places of one key that are remembered: the newest.
  static constexpr size_t kMostVariants = 6;
  static constexpr size_t kBytes = SlotTable<5>::kBytes + SlotTable<1 + 2 * kMostVariants>::kBytes;

  explicit Notes(shm::Mapping mapping);

  /// `uri`: uri_digest() of the request's. `why`: at most 24 bytes of it are kept.
  void refuse(const base::Digest& uri, int status, std::string_view why, int64_t now);
  std::optional<Refusal> find_refusal(const base::Digest& uri) const;

  /// A variant of `key` is stored at `place`.
  void add_variant(const base::Digest& key, const base::Digest& place, int64_t now);
  /// The newest first.
  std::vector<base::Digest> variants(const base::Digest& key) const;

 private:
  shm::Mapping mapping_;
  SlotTable<5> refusals_;
  SlotTable<1 + 2 * kMostVariants> variants_;
};

}  // namespace cache
