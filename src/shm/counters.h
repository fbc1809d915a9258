// Counters that all processes add to without a lock: one row a process index, each row with one writer; a
// reader sums the rows. A counter row is never reset: the next process with that index goes on counting in
// it, so totals only grow, whoever dies. A gauge row (open connections) is cleared by the keeper when its
// process is dead.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shm {

/// Rows in memory that somebody else owns (a segment): bytes() of zeroed memory, 64-byte aligned.
class Counters {
 public:
  static size_t bytes(uint16_t processes, uint32_t count) { return row_bytes(count) * processes; }

  Counters(void* memory, uint16_t processes, uint32_t count)
      : memory_(static_cast<std::byte*>(memory)), processes_(processes), count_(count) {}

  /// Only the process with that index calls it. A negative `by` is for gauges.
  void add(uint16_t process, uint32_t counter, int64_t by = 1) {
    std::atomic<int64_t>& cell = row(process)[counter];
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  int64_t sum(uint32_t counter) const {
    int64_t total = 0;
    for (uint16_t process = 0; process < processes_; ++process) {
      total += row(process)[counter].load(std::memory_order_relaxed);
    }
    return total;
  }
  int64_t value(uint16_t process, uint32_t counter) const {
    return row(process)[counter].load(std::memory_order_relaxed);
  }
  /// Gauges only: the process is dead, what it had open is closed.
  void clear_row(uint16_t process) {
    for (uint32_t i = 0; i < count_; ++i) row(process)[i].store(0, std::memory_order_relaxed);
  }
  uint32_t count() const { return count_; }

 private:
  static size_t row_bytes(uint32_t count) { return (count * sizeof(int64_t) + 63) & ~size_t{63}; }
  std::atomic<int64_t>* row(uint16_t process) const {
    return reinterpret_cast<std::atomic<int64_t>*>(memory_ + row_bytes(count_) * process);
  }

  std::byte* memory_;
  uint16_t processes_;
  uint32_t count_;
};

}  // namespace shm
