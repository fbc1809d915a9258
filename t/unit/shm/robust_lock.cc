#include "shm/robust_lock.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>

namespace {

struct Shared {
  shm::RobustLock lock;
  std::atomic<int> value{0};
  std::atomic<int> recovered{0};
};

Shared& make_shared() {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return *new (memory) Shared();
}

}  // namespace

Test(robust_lock, recover_runs_when_the_holder_died) {
  Shared& shared = make_shared();
  pid_t child = fork();
  if (child == 0) {
    shm::Locked locked(shared.lock, [] {});
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  for (int i = 0; i < 2; ++i) {
    shm::Locked locked(shared.lock, [&] { ++shared.recovered; });
  }
  cr_assert_eq(shared.recovered.load(), 1);
}

Test(robust_lock, recover_runs_again_when_its_process_died_in_it) {
  Shared& shared = make_shared();
  for (int i = 0; i < 2; ++i) {
    pid_t child = fork();
    if (child == 0) {
      shm::Locked locked(shared.lock, [] { kill(getpid(), SIGKILL); });
      kill(getpid(), SIGKILL);
    }
    waitpid(child, nullptr, 0);
  }
  shm::Locked locked(shared.lock, [&] { ++shared.recovered; });
  cr_assert_eq(shared.recovered.load(), 1);
}

Test(robust_lock, excludes_other_processes) {
  Shared& shared = make_shared();
  for (int i = 0; i < 4; ++i) {
    if (fork() == 0) {
      for (int n = 0; n < 5000; ++n) {
        shm::Locked locked(shared.lock, [] {});
        shared.value.store(shared.value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      }
      _exit(0);
    }
  }
  while (wait(nullptr) > 0) {}
  cr_assert_eq(shared.value.load(), 20000);
}

Test(robust_lock, a_holder_that_stays_for_seconds_is_killed, .timeout = 40) {
  Shared& shared = make_shared();
  int ready[2];
  cr_assert(pipe(ready) == 0);
  pid_t child = fork();
  if (child == 0) {
    shm::Locked locked(shared.lock, [] {});
    [[maybe_unused]] ssize_t n = write(ready[1], "x", 1);
    for (;;) pause();
  }
  char c;
  cr_assert(read(ready[0], &c, 1) == 1);
  {
    shm::Locked locked(shared.lock, [&] { ++shared.recovered; });
  }
  cr_assert_eq(shared.recovered.load(), 1);
  int status;
  waitpid(child, &status, 0);
  cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
