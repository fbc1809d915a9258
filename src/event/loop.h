// One event loop per process, on libev: descriptors, timers, signals, and the ready queue drained each turn.
// Everything that watches (Io, Timer, Signal, DiskThreads) is destroyed before its loop.
#pragma once

#include <ev.h>

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "event/ready.h"

namespace event {

class Timer;

/// libev's flag for "epoll", "poll", "select" or "kqueue". Errors: none of these, or not on this system.
base::Result<unsigned> find_backend(std::string_view name);

class Loop {
 public:
  /// `backend`: libev's flags (EVBACKEND_EPOLL …), 0 for the best. Ends the process when none works.
  explicit Loop(unsigned backend = 0);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(), also when nothing is watched. Each turn: wait, update the clock, descriptors, timers,
  /// the ready queue, the turn's end.
  void run();
  /// One turn; waits only if `may_block` and nothing is ready.
  void run_once(bool may_block);
  /// Ends run() after the current turn; before run(), lets it make one turn.
  void stop() { stopping_ = true; }

  base::Clock& clock() { return clock_; }
  base::MonoTime now() const { return clock_.now(); }
  ReadyQueue& ready() { return ready_; }
  void post(Ready& item) { ready_.post(item); }
  struct ev_loop* raw() { return loop_; }
  /// After fork(): the child's kernel state is made anew.
  void after_fork();

  /// `turn` is called at the end of every loop turn, after the ready queue, before waiting (flushes).
  void on_turn_end(std::function<void()> turn) { turn_end_ = std::move(turn); }

 private:
  friend class Timer;
  struct Armed {
    base::MonoTime when;
    Timer* timer;
  };

  static void on_check(struct ev_loop* loop, ev_check* check, int);
  static void on_wake(struct ev_loop* loop, ev_timer* wake, int);
  bool may_wait();
  void fire_timers();
  // The timers that are armed, a binary heap with the earliest first. Each knows its place.
  void arm(Timer& timer, base::MonoTime when);
  void disarm(Timer& timer);
  void sift_up(size_t place);
  void sift_down(size_t place);
  void put(size_t place, Armed armed);

  struct ev_loop* loop_;
  base::Clock clock_;
  ReadyQueue ready_;
  std::function<void()> turn_end_;
  bool stopping_ = false;
  ev_check check_;
  ev_timer wake_;                 // the one libev timer: ends the wait when the earliest of ours is due
  base::MonoTime wake_when_ = 0;  // 0: not running
  std::vector<Armed> armed_;
};

/// Watches one descriptor. `callback(owner, events)` is called in the loop; it may close or destroy the Io.
class Io {
 public:
  using Callback = void (*)(void* owner, int events);  // EV_READ | EV_WRITE

  Io(Loop& loop, Callback callback, void* owner);
  ~Io() { close(); }
  Io(const Io&) = delete;
  Io& operator=(const Io&) = delete;

  /// Names the descriptor; watches nothing yet.
  void open(int fd);
  /// Watches exactly `events` (0 = nothing). Costs nothing when unchanged, and no system call when changed
  /// back within the turn.
  void watch(int events);
  int watched() const { return ev_is_active(&io_) ? io_.events & (EV_READ | EV_WRITE) : 0; }
  int fd() const { return io_.fd; }
  /// Stops watching and forgets the descriptor; does not close(2) it. To be called before close(2).
  void close();

 private:
  static void on_event(struct ev_loop*, ev_io* io, int events);
  Loop& loop_;
  ev_io io_;  // its `data` is this
  Callback callback_;
  void* owner_;
};

/// Calls back once at a time, never before its deadline by the loop's clock. Setting it later than before
/// costs nothing: its place in the heap is kept and corrected only when that comes up, so a keep-alive
/// connection does not touch the heap per request.
class Timer {
 public:
  using Callback = void (*)(void* owner);

  Timer(Loop& loop, Callback callback, void* owner) : loop_(loop), callback_(callback), owner_(owner) {}
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(base::Duration after) { start_at(loop_.now() + after.count()); }
  /// A time that has passed means the next turn.
  void start_at(base::MonoTime when);
  void stop() { deadline_ = 0; }
  bool active() const { return deadline_ != 0; }
  base::MonoTime deadline() const { return deadline_; }

 private:
  friend class Loop;
  static constexpr size_t kNowhere = static_cast<size_t>(-1);

  Loop& loop_;
  Callback callback_;
  void* owner_;
  base::MonoTime deadline_ = 0;  // 0: not wanted
  size_t place_ = kNowhere;      // in the loop's heap
};

/// Calls back in the loop when a signal arrives. One signal belongs to one loop of the process at a time.
class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void(int)> callback);
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

 private:
  static void on_event(struct ev_loop*, ev_signal* signal, int);
  Loop& loop_;
  ev_signal signal_;
  std::function<void(int)> callback_;
};

}  // namespace event
