// Counts what is under way (exchanges, fills, detached coroutines), so that draining can wait until nothing
// is. Owned by the worker or by whatever must outlive what passes through it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <functional>
#include <utility>

#include "base/check.h"
#include "event/ready.h"

namespace event {

class Gate : private Ready {
 public:
  explicit Gate(ReadyQueue& queue) : queue_(queue) {}
  ~Gate() { PC_CHECK(inside_ == 0); }

  /// One thing that is under way, for as long as the pass lives. Movable: give it to the coroutine as a
  /// parameter.
  class Pass {
   public:
    explicit Pass(Gate& gate) : gate_(&gate) { gate.enter(); }
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    Gate* gate_;
  };

  void enter() { ++inside_; }
  void leave() {
    PC_CHECK(inside_ != 0);
    if (--inside_ == 0 && (waiting_ || callback_)) queue_.post(*this);
  }
  size_t inside() const { return inside_; }

  /// Calls `callback` once, from the ready queue, when nothing is inside: at the soonest later in this turn.
  void when_empty(std::function<void()> callback) {
    callback_ = std::move(callback);
    if (inside_ == 0) queue_.post(*this);
  }

  /// `co_await gate;` goes on when nothing is inside. One waits at a time.
  bool await_ready() const noexcept { return inside_ == 0; }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { waiting_ = awaiting; }
  void await_resume() const noexcept {}

 private:
  void on_ready() override {
    if (inside_ != 0) return;  // somebody entered since
    std::coroutine_handle<> waiting = std::exchange(waiting_, {});
    std::function<void()> callback = std::exchange(callback_, nullptr);
    if (callback) callback();
    if (waiting) waiting.resume();
  }

  ReadyQueue& queue_;
  size_t inside_ = 0;
  std::coroutine_handle<> waiting_;
  std::function<void()> callback_;
};

}  // namespace event
