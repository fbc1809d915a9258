#include "upstream/zone.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/crash_point.h"

using namespace upstream;

namespace {

std::shared_ptr<Zone> open_zone(const shm::SegmentPtr& segment) {
  auto zone = Zone::open(*segment);
  cr_assert(zone.has_value());
  return *zone;
}

// Runs `action` in a child that then waits to be killed.
template <class Action>
pid_t in_child(Action action) {
  int done[2];
  cr_assert_eq(pipe(done), 0);
  pid_t pid = fork();
  if (pid == 0) {
    action();
    if (write(done[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  close(done[1]);
  char byte;
  ssize_t got = read(done[0], &byte, 1);
  close(done[0]);
  cr_assert_geq(got, 0);
  return pid;
}

void kill_child(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

}  // namespace

Test(zone, workers_share_failures_and_connections) {
  shm::Segments segments;
  shm::SegmentPtr segment = *Zone::make(segments, "z", 65536, 4);
  pid_t pid = in_child([&] {
    auto row = (*Zone::open(*segment))->row("back 127.0.0.1:1");
    row->set_in_use(3);
    row->health().fails = 7;
    new std::shared_ptr<ZoneRow>(row);  // stays until the process is killed
  });
  std::shared_ptr<Zone> zone = open_zone(segment);
  auto row = zone->row("back 127.0.0.1:1");
  cr_assert_eq(row->health().fails.load(), 7u);
  row->set_in_use(2);
  cr_assert_eq(row->in_use(), 5u);
  cr_assert_eq(zone->row("back 127.0.0.1:2")->in_use(), 0u);
  kill_child(pid);
  cr_assert_eq(row->in_use(), 5u);
  row->bury(1000000);
  cr_assert_eq(row->in_use(), 2u, "the dead count no more");
  cr_assert_eq(row->health().fails.load(), 7u, "what was learned stays");
}

Test(zone, keeps_its_rows_over_a_reload_that_adds_a_peer) {
  shm::Segments segments;
  shm::SegmentPtr first = *Zone::make(segments, "z", 65536, 4);
  open_zone(first)->row("a")->health().fails = 5;
  shm::SegmentPtr second = *Zone::make(segments, "z", 65536, 5);
  cr_assert_eq(first.get(), second.get());
  cr_assert_eq(open_zone(second)->row("a")->health().fails.load(), 5u);
}

Test(zone, full_table_has_no_row_for_more) {
  shm::Segments segments;
  shm::SegmentPtr segment = *Zone::make(segments, "z", 0, 1);
  std::shared_ptr<Zone> zone = open_zone(segment);
  size_t rows = 0;
  while (zone->row(std::to_string(rows))) ++rows;
  cr_assert_geq(rows, 18u);
  cr_assert_not_null(zone->row("0").get(), "known ones are still found");
}

Test(zone, more_processes_than_columns_count_for_themselves) {
  shm::Segments segments;
  shm::SegmentPtr segment = *Zone::make(segments, "z", 0, 1);
  std::vector<pid_t> children;
  for (uint32_t i = 0; i < Zone::kColumns; ++i) {
    children.push_back(in_child([&] { new std::shared_ptr<Zone>(*Zone::open(*segment)); }));
  }
  std::shared_ptr<Zone> zone = open_zone(segment);
  auto row = zone->row("a");
  row->set_in_use(4);
  cr_assert_eq(row->in_use(), 4u);
  for (pid_t pid : children) kill_child(pid);
  cr_assert_eq(open_zone(segment)->row("a")->in_use(), 0u, "columns of the dead are taken over, cleared");
}

Test(zone, killed_at_every_crash_point_leaves_it_sound) {
  for (int passes = 1; passes <= 4; ++passes) {
    shm::Segments segments;
    shm::SegmentPtr segment = *Zone::make(segments, "z", 0, 1);
    pid_t first = in_child([&] {
      auto row = (*Zone::open(*segment))->row("a");
      row->set_in_use(9);
      new std::shared_ptr<ZoneRow>(row);
    });
    kill_child(first);
    pid_t second = fork();
    if (second == 0) {
      shm::crash_countdown = passes;
      auto row = (*Zone::open(*segment))->row("a");
      row->set_in_use(1);
      row->bury(1000000);
      _exit(0);
    }
    waitpid(second, nullptr, 0);
    auto row = open_zone(segment)->row("a");
    row->bury(2000000);
    cr_assert_eq(row->in_use(), 0u, "after %d crash points", passes);
  }
}
