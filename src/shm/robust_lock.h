// A lock between processes that survives the death of its holder: a robust process-shared mutex.
//
// Held only for short sections, never across a co_await, never by the master. Who gets it after a holder died
// runs recover() first, which must leave what the lock guards sound; if it is killed in recover(), the next
// one runs it again. A holder that stays for kStuckAfter (stopped, or spinning on a broken structure) is
// killed.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <utility>

namespace shm {

class RobustLock {
 public:
  /// A holder older than this is killed by who waits.
  static constexpr std::chrono::milliseconds kStuckAfter{5000};

  RobustLock();
  RobustLock(const RobustLock&) = delete;
  RobustLock& operator=(const RobustLock&) = delete;

  /// Takes the lock; true when the last holder died with it: the caller recovers, then calls mark_sound().
  [[nodiscard]] bool lock() {
    int result = pthread_mutex_trylock(&mutex_);
    if (result != 0) return lock_slow(result);
    return false;
  }
  void mark_sound() { pthread_mutex_consistent(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  bool lock_slow(int result);
  pthread_mutex_t mutex_;
};

/// Holds a RobustLock for a scope. `recover()` is called when the last holder died with it.
class [[nodiscard]] Locked {
 public:
  template <class Recover>
  Locked(RobustLock& lock, Recover&& recover) : lock_(&lock) {
    if (__builtin_expect(lock.lock(), 0)) {
      std::forward<Recover>(recover)();
      lock.mark_sound();
    }
  }
  ~Locked() { lock_->unlock(); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  RobustLock* lock_;
};

}  // namespace shm
