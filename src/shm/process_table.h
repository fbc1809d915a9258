// Who is running: one entry a process (workers and keeper, old and new generations), and one eventfd an
// index, made by the master at start and inherited by all, so that any process can wake any other without
// passing descriptors.
//
// What a process holds in shared memory (pins, waiters, fills) is named by its index. The master writes
// entries and keeps its own copy of what it wrote; the keeper releases what a dead process held, then frees
// the index.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "shm/segment.h"

namespace shm {

enum class ProcessKind : uint8_t { none, worker, keeper };

enum class ProcessState : uint8_t {
  free,     ///< nobody; nothing in shared memory bears this index
  running,  ///< alive, or about to be forked
  dead,     ///< gone; the keeper still has to release what it held
};

/// A process's place in the table; below ProcessTable::capacity().
using ProcessIndex = uint16_t;
inline constexpr ProcessIndex kNoProcess = 0xffff;

class ProcessTable {
 public:
  static constexpr uint32_t kLayout = 1;
  struct Entry {
    std::atomic<int32_t> pid;
    std::atomic<uint32_t> generation;
    std::atomic<uint16_t> slot;
    std::atomic<ProcessKind> kind;
    std::atomic<ProcessState> state;
    uint32_t reserved;
  };
  static size_t bytes(uint16_t capacity) { return sizeof(Entry) * capacity; }

  /// Makes the eventfds and the segment "processes". In the master, once; `capacity` at most 4096.
  static base::Result<ProcessTable> make(Segments& segments, uint16_t capacity);
  /// After a binary upgrade: hand_over() of the old master and its segment.
  static base::Result<ProcessTable> take_over(Segments& segments, std::string_view text);
  std::string hand_over() const;

  ProcessTable(ProcessTable&&) = default;
  ~ProcessTable();

  uint16_t capacity() const { return static_cast<uint16_t>(events_.size()); }

  /// Master: a free index, marked running; kNoProcess when none is free. Call before fork().
  ProcessIndex claim(ProcessKind kind, uint16_t slot, uint32_t generation);
  /// Master: after fork() (or its failure: then `died`).
  void started(ProcessIndex index, pid_t pid);
  /// Master: waitpid() reported it. The index stays taken until the keeper released what it held.
  void died(ProcessIndex index);
  /// Keeper: what the dead process held was released; the index may be used again.
  void release(ProcessIndex index);
  /// The index of a process by its pid, or kNoProcess.
  ProcessIndex find(pid_t pid) const;

  const Entry& entry(ProcessIndex index) const { return entries()[index]; }
  bool running(ProcessIndex index) const {
    return index < capacity() &&
           entries()[index].state.load(std::memory_order_acquire) == ProcessState::running;
  }

  /// Wakes the process with that index: its event_fd() becomes readable. Never blocks; harmless when it is
  /// gone.
  void wake(ProcessIndex index) const;
  int event_fd(ProcessIndex index) const { return events_[index]; }
  /// Reads the count away, so that the next wake() is seen.
  static void drain(int event_fd);

 private:
  ProcessTable() = default;
  Entry* entries() const { return reinterpret_cast<Entry*>(mapping_.memory()); }

  SegmentPtr segment_;
  Mapping mapping_;
  std::vector<int> events_;
};

}  // namespace shm
