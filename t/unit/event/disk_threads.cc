#include "event/disk_threads.h"

#include <criterion/criterion.h>

#include <atomic>
#include <thread>

Test(disk_threads, work_runs_on_a_thread_and_its_completion_in_the_loop) {
  event::Loop loop;
  event::DiskThreads threads(loop, 2);
  std::thread::id loop_thread = std::this_thread::get_id();
  std::thread::id work_thread, done_thread;
  bool done = false;
  threads.run([&] { work_thread = std::this_thread::get_id(); },
              [&] {
                done_thread = std::this_thread::get_id();
                done = true;
              });
  while (!done) loop.run_once(true);
  cr_assert_neq(work_thread, loop_thread);
  cr_assert_eq(done_thread, loop_thread);
}

Test(disk_threads, every_one_of_many_is_completed) {
  event::Loop loop;
  event::DiskThreads threads(loop, 3);
  std::atomic<int> worked = 0;
  int done = 0;
  for (int i = 0; i < 1000; ++i) threads.run([&] { ++worked; }, [&] { ++done; });
  while (done < 1000) loop.run_once(true);
  cr_assert_eq(worked.load(), 1000);
}

Test(disk_threads, the_end_drops_what_waits_and_calls_nothing) {
  event::Loop loop;
  bool done = false;
  {
    event::DiskThreads threads(loop, 1);
    for (int i = 0; i < 100; ++i) threads.run([] {}, [&] { done = true; });
  }
  loop.run_once(false);
  cr_assert_not(done);
  { event::DiskThreads never_used(loop, 4); }
}

Test(disk_threads, a_completion_may_end_them) {
  event::Loop loop;
  auto threads = std::make_unique<event::DiskThreads>(loop, 1);
  threads->run([] {}, [&] { threads.reset(); });
  while (threads) loop.run_once(true);
}
