#include "process/keeper.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

using process::Lease;
using shm::ProcessKind;

namespace {

struct Machine {
  Machine() : processes(std::move(*shm::ProcessTable::make(segments, 16))), segment(*Lease::make(segments)) {}
  shm::ProcessIndex keeper() {
    shm::ProcessIndex index = processes.claim(ProcessKind::keeper, 0xffff, 1);
    processes.started(index, getpid());
    return index;
  }
  Lease lease() { return std::move(*Lease::map(*segment)); }
  shm::Segments segments;
  shm::ProcessTable processes;
  shm::SegmentPtr segment;
};

}  // namespace

Test(lease, one_keeper_at_a_time_holds_it) {
  Machine machine;
  shm::ProcessIndex first = machine.keeper(), second = machine.keeper();
  Lease a = machine.lease(), b = machine.lease();
  cr_assert(a.take(first, machine.processes));
  cr_assert(a.take(first, machine.processes));
  cr_assert(!b.take(second, machine.processes));
  b.give_up(second);
  cr_assert(!b.take(second, machine.processes));
  a.give_up(first);
  cr_assert(b.take(second, machine.processes));
  cr_assert(!a.take(first, machine.processes));
}

Test(lease, a_dead_keepers_lease_is_taken) {
  Machine machine;
  shm::ProcessIndex first = machine.keeper(), second = machine.keeper();
  Lease lease = machine.lease();
  cr_assert(lease.take(first, machine.processes));
  machine.processes.died(first);
  cr_assert(lease.take(second, machine.processes));
}

Test(lease, a_keeper_whose_master_died_too_is_seen_to_be_gone) {
  Machine machine;
  shm::ProcessIndex first = machine.keeper(), second = machine.keeper();
  pid_t gone = fork();
  if (gone == 0) _exit(0);
  waitpid(gone, nullptr, 0);
  machine.processes.started(first, gone);
  Lease lease = machine.lease();
  cr_assert(lease.take(first, machine.processes));
  cr_assert(lease.take(second, machine.processes));
}

Test(lease, outlives_who_mapped_it) {
  Machine machine;
  shm::ProcessIndex first = machine.keeper(), second = machine.keeper();
  { cr_assert(machine.lease().take(first, machine.processes)); }
  cr_assert(!machine.lease().take(second, machine.processes));
}
