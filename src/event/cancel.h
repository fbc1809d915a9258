// "Nobody needs this any more": who waits for an answer is told so, and leaves by its normal returns. One
// scope per exchange (the client left) or per fill; owned by it. A scope never destroys and never resumes in
// place.
#pragma once

#include <utility>

#include "base/list.h"
#include "event/ready.h"
#include "event/task.h"

namespace event {

/// What wants to hear that its scope was canceled. Leaves the scope when destroyed.
class Cancelable : public base::ListNode<Cancelable> {
 public:
  /// Called at most once per add(), from the ready queue.
  virtual void on_cancel() = 0;

 protected:
  ~Cancelable() = default;
};

class CancelScope final : private Ready {
 public:
  explicit CancelScope(ReadyQueue& queue) : queue_(queue) {}

  bool canceled() const { return canceled_; }

  /// Tells all that are in the scope, later in this turn. Canceling twice is canceling once.
  void cancel() {
    if (std::exchange(canceled_, true)) return;
    if (!inside_.empty()) queue_.post(*this);
  }

  /// Puts `item` in the scope; in a canceled one it is told later in this turn.
  void add(Cancelable& item) {
    inside_.push_back(item);
    if (canceled_) queue_.post(*this);
  }

 private:
  void on_ready() override {
    // Who is told may leave, destroy others that are still to be told, or destroy this scope.
    base::List<Cancelable, Cancelable> told;
    told.splice_back(inside_);
    while (Cancelable* item = told.pop_front()) item->on_cancel();
  }

  ReadyQueue& queue_;
  base::List<Cancelable, Cancelable> inside_;
  bool canceled_ = false;
};

/// While it lives, canceling the scope gives `answer` the value that says so:
/// `Canceling<Outcome> canceling(scope, answer, Outcome::canceled); Outcome outcome = co_await answer;`
template <class T>
class Canceling final : public Cancelable {
 public:
  Canceling(CancelScope& scope, Answer<T>& answer, T canceled)
      : answer_(answer), canceled_(std::move(canceled)) {
    scope.add(*this);
  }

 private:
  void on_cancel() override { answer_.give(std::move(canceled_)); }

  Answer<T>& answer_;
  T canceled_;
};

}  // namespace event
