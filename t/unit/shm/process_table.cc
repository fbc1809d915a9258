#include "shm/process_table.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using shm::ProcessKind;
using shm::ProcessTable;

Test(process_table, a_dead_process_keeps_its_index_until_released) {
  shm::Segments segments;
  ProcessTable table = std::move(*ProcessTable::make(segments, 2));
  auto a = table.claim(ProcessKind::worker, 0, 1);
  auto b = table.claim(ProcessKind::keeper, 0, 1);
  cr_assert_eq(a, 0);
  cr_assert_eq(b, 1);
  cr_assert_eq(table.claim(ProcessKind::worker, 1, 1), shm::kNoProcess);
  table.started(a, 1234);
  cr_assert_eq(table.find(1234), a);
  table.died(a);
  cr_assert_not(table.running(a));
  cr_assert_eq(table.claim(ProcessKind::worker, 1, 1), shm::kNoProcess);
  table.release(a);
  cr_assert_eq(table.claim(ProcessKind::worker, 1, 2), a);
  cr_assert_eq(table.entry(a).generation.load(), 2);
}

Test(process_table, release_leaves_a_running_process_alone) {
  shm::Segments segments;
  ProcessTable table = std::move(*ProcessTable::make(segments, 1));
  auto index = table.claim(ProcessKind::worker, 0, 1);
  table.release(index);
  cr_assert(table.running(index));
}

Test(process_table, any_process_wakes_any_other) {
  shm::Segments segments;
  ProcessTable table = std::move(*ProcessTable::make(segments, 4));
  auto sleeper = table.claim(ProcessKind::worker, 0, 1);
  pid_t child = fork();
  if (child == 0) {
    table.wake(sleeper);
    table.wake(sleeper);
    _exit(0);
  }
  pollfd poll_fd{table.event_fd(sleeper), POLLIN, 0};
  cr_assert_eq(poll(&poll_fd, 1, 5000), 1);
  waitpid(child, nullptr, 0);
  ProcessTable::drain(table.event_fd(sleeper));
  cr_assert_eq(poll(&poll_fd, 1, 0), 0);
}

Test(process_table, an_upgrade_keeps_entries_and_events) {
  shm::Segments segments;
  ProcessTable table = std::move(*ProcessTable::make(segments, 3));
  auto index = table.claim(ProcessKind::worker, 7, 3);
  std::string text;
  for (shm::ProcessIndex i = 0; i < 3; ++i) text += std::to_string(dup(table.event_fd(i))) + ",";
  ProcessTable taken = std::move(*ProcessTable::take_over(segments, text));
  cr_assert(taken.running(index));
  cr_assert_eq(taken.entry(index).slot.load(), 7);
  taken.wake(index);
  pollfd poll_fd{table.event_fd(index), POLLIN, 0};
  cr_assert_eq(poll(&poll_fd, 1, 0), 1);
}
