#include "shm/robust_lock.h"

#include <signal.h>
#include <time.h>

#include <cerrno>
#include <cstdio>

#include "base/check.h"

namespace shm {

RobustLock::RobustLock() {
  pthread_mutexattr_t attributes;
  PC_CHECK(pthread_mutexattr_init(&attributes) == 0);
  PC_CHECK(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  PC_CHECK(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  PC_CHECK(pthread_mutex_init(&mutex_, &attributes) == 0);
  pthread_mutexattr_destroy(&attributes);
}

bool RobustLock::lock_slow(int result) {
  pid_t blamed = 0;
  // glibc keeps the thread id of a robust mutex's holder in __owner: it is how the kernel finds the dead.
  auto holder = [this] {
    return static_cast<pid_t>(__atomic_load_n(&mutex_.__data.__owner, __ATOMIC_RELAXED));
  };
  while (result != 0) {
    if (result == EOWNERDEAD) return true;
    PC_CHECK(result == EBUSY || result == ETIMEDOUT);
    if (result == ETIMEDOUT) {
      // The same holder before and after a whole wait: it does not move. (Two visits of one process look the
      // same; a process that visits for seconds under contention does not occur with sections of
      // microseconds.)
      if (blamed != 0 && holder() == blamed) {
        std::fprintf(stderr, "process %d holds a shared lock for %d ms and is killed\n",
                     static_cast<int>(blamed), static_cast<int>(kStuckAfter.count()));
        kill(blamed, SIGKILL);
      }
    }
    blamed = holder();
    timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += kStuckAfter.count() / 1000;
    result = pthread_mutex_timedlock(&mutex_, &until);
  }
  return false;
}

}  // namespace shm
