// A few threads for what would block the loop: file reads and writes, directory walks. Work runs there, its
// completion runs in the loop.
#pragma once

#include <functional>
#include <memory>

#include "event/loop.h"

namespace event {

class DiskThreads {
 public:
  /// Threads start with the first work. `count` at least 1.
  DiskThreads(Loop& loop, unsigned count);
  /// Waits for what runs; drops what waits, and the completions of both.
  ~DiskThreads();
  DiskThreads(const DiskThreads&) = delete;
  DiskThreads& operator=(const DiskThreads&) = delete;

  /// `work` runs on a thread (it touches nothing the loop owns and throws nothing); then `done` runs from the
  /// loop's ready queue. Order is kept per thread only.
  void run(std::function<void()> work, std::function<void()> done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace event
