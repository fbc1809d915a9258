// A fixed table of small notes in shared memory, by digest. Written and read without a lock by all processes:
// each slot bears a checksum, and what two writers mixed up, or a killed one left half, is no note. For what
// helps when it is there and harms nobody when it is not. A new digest takes the oldest of four slots.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/check.h"
#include "base/hash.h"
#include "shm/segment.h"

namespace cache {

/// `Words`: of each note, 8 bytes each; the first says when it was written, in seconds since 1970.
template <size_t Words>
class SlotTable {
 public:
  using Note = std::array<uint64_t, Words>;

  static constexpr size_t kSlots = 4096;
  static constexpr size_t kTogether = 4;
  /// Zeroed memory is an empty table.
  static constexpr size_t kBytes = kSlots * (Words + 3) * sizeof(uint64_t);

  explicit SlotTable(std::byte* memory) : slots_(reinterpret_cast<Slot*>(memory)) {}

  std::optional<Note> find(const base::Digest& digest) const {
    for (size_t i = 0; i < kTogether; ++i) {
      std::optional<Whole> whole = read(first(digest) + i);
      if (whole && is_of(*whole, digest)) return note_of(*whole);
    }
    return std::nullopt;
  }

  void write(const base::Digest& digest, const Note& note) {
    size_t place = first(digest);
    uint64_t oldest = UINT64_MAX;
    for (size_t i = 0; i < kTogether; ++i) {
      std::optional<Whole> whole = read(first(digest) + i);
      bool same = whole && is_of(*whole, digest);
      uint64_t time = whole ? (*whole)[3] : 0;
      if (!same && time >= oldest) continue;
      place = first(digest) + i;
      oldest = time;
      if (same) break;
    }
    Whole whole{};
    whole[1] = digest.low;
    whole[2] = digest.high;
    for (size_t i = 0; i < Words; ++i) whole[i + 3] = note[i];
    whole[0] = checksum(whole);
    Slot& slot = slots_[place];
    slot[0].store(0, std::memory_order_relaxed);
    for (size_t i = Words + 2; i >= 1; --i) slot[i].store(whole[i], std::memory_order_release);
    slot[0].store(whole[0], std::memory_order_release);
  }

 private:
  using Whole = std::array<uint64_t, Words + 3>;
  using Slot = std::array<std::atomic<uint64_t>, Words + 3>;

  static size_t first(const base::Digest& digest) { return digest.low % (kSlots / kTogether) * kTogether; }
  static bool is_of(const Whole& whole, const base::Digest& digest) {
    return whole[1] == digest.low && whole[2] == digest.high;
  }
  static Note note_of(const Whole& whole) {
    Note note;
    for (size_t i = 0; i < Words; ++i) note[i] = whole[i + 3];
    return note;
  }
  /// Never 0: that is an empty slot's.
  static uint64_t checksum(const Whole& whole) {
    return base::hash64({reinterpret_cast<const char*>(whole.data() + 1), (Words + 2) * sizeof(uint64_t)}) |
           1;
  }
  std::optional<Whole> read(size_t place) const {
    Whole whole;
    for (size_t i = 0; i < whole.size(); ++i) whole[i] = slots_[place][i].load(std::memory_order_acquire);
    if (whole[0] == 0 || whole[0] != checksum(whole)) return std::nullopt;
    return whole;
  }

  Slot* slots_;
};

}  // namespace cache
