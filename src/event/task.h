// Task<T>: a coroutine that is awaited once. Lazy; runs when awaited or spawned.
//
// Rules for g++ 12 (checked by lint): co_await stands only as `x = co_await E;`, `T x = co_await E;`,
// `co_await E;` or `co_return co_await E;`, and E holds none of { ? && || [ and no second co_await.
// What a call returns by reference is bound to a named reference before it is awaited: g++ awaits a copy.
// Parameters are scalars, pointers, references to named objects, classes with constructors. A suspended frame
// is never destroyed: it is resumed with an answer that says "canceled" and leaves by normal returns.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/check.h"
#include "event/frame.h"
#include "event/ready.h"

namespace event {

template <class T>
class Task;

namespace detail {

class PromiseBase {
 public:
  static void* operator new(size_t size) { return allocate_frame(size); }
  static void operator delete(void* frame, size_t size) { free_frame(frame, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
      std::coroutine_handle<> next = self.promise().continuation_;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept {
    base::check_failed(__FILE__, __LINE__, "no exception leaves a coroutine");
  }

  std::coroutine_handle<> continuation_;
};

template <class T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  // The awaiting side resumes the child: symmetric transfer here overflows the stack at -O0 and under ASan.
  bool await_suspend(std::coroutine_handle<> awaiting) noexcept {
    handle_.resume();
    if (handle_.done()) return false;
    handle_.promise().continuation_ = awaiting;
    return true;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  Handle handle_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

/// The outermost frame: starts at once and frees itself at the end.
struct Detached {
  struct promise_type {
    static void* operator new(size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, size_t size) { free_frame(frame, size); }
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept {
      base::check_failed(__FILE__, __LINE__, "no exception leaves a coroutine");
    }
  };
};
inline Detached run_detached(Task<void> task) { co_await task; }
}  // namespace detail

/// Starts a coroutine that nobody awaits. Whatever it uses must outlive it.
inline void spawn(Task<void> task) { detail::run_detached(std::move(task)); }

/// One answer that a coroutine waits for and somebody else gives, later or already. Resumes through the ready
/// queue. At most one waits at a time, and whoever awaited it has the value: reset() before asking again.
template <class T>
class Answer : private Ready {
 public:
  explicit Answer(ReadyQueue& queue) : queue_(queue) {}

  bool given() const { return value_.has_value(); }
  /// Gives the answer; a second one is ignored.
  void give(T value) {
    if (value_) return;
    value_.emplace(std::move(value));
    if (waiting_) queue_.post(*this);
  }
  /// Forgets the answer, so that it can be asked again.
  void reset() {
    PC_CHECK(!waiting_);
    value_.reset();
  }

  bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> awaiting) noexcept { waiting_ = awaiting; }
  T await_resume() { return std::move(*value_); }

 private:
  void on_ready() override { std::exchange(waiting_, {}).resume(); }

  ReadyQueue& queue_;
  std::optional<T> value_;
  std::coroutine_handle<> waiting_;
};

}  // namespace event
