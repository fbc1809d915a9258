// Work for disk threads that is done one piece after the other, in its order: one writer of one log.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "event/disk_threads.h"

namespace cache {

class DiskLine {
 public:
  explicit DiskLine(event::DiskThreads& threads)
      : state_(std::make_shared<State>(State{threads, {}, false})) {}

  /// `work` on a thread, when all before it is done; then `done` in the loop.
  void run(std::function<void()> work, std::function<void()> done) {
    state_->waiting.emplace_back(std::move(work), std::move(done));
    if (!state_->busy) next(state_);
  }
  /// Forgets what waits; for when its threads are gone.
  void drop() { state_->waiting.clear(); }
  bool idle() const { return !state_->busy; }

 private:
  struct State {
    event::DiskThreads& threads;
    std::deque<std::pair<std::function<void()>, std::function<void()>>> waiting;
    bool busy;
  };

  static void next(const std::shared_ptr<State>& state) {
    state->busy = !state->waiting.empty();
    if (!state->busy) return;
    auto [work, done] = std::move(state->waiting.front());
    state->waiting.pop_front();
    state->threads.run(std::move(work), [state, then = std::move(done)] {
      next(state);
      then();
    });
  }

  std::shared_ptr<State> state_;
};

}  // namespace cache
