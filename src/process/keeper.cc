#include "process/keeper.h"

#include <signal.h>

#include <cerrno>

namespace process {

namespace {

/// Deaths are told by the master's wake-up. This round finds those nobody could tell of: the children of a
/// master that was killed during an upgrade.
constexpr base::Duration kRound{5000};

bool is_gone(pid_t pid) { return pid > 0 && kill(pid, 0) != 0 && errno == ESRCH; }

}  // namespace

base::Result<shm::SegmentPtr> Lease::make(shm::Segments& segments) {
  return segments.open(kName, kLayout, sizeof(Word), [](std::byte* memory, size_t) { new (memory) Word{}; });
}

base::Result<Lease> Lease::map(const shm::Segment& segment) {
  base::Result<shm::Mapping> mapping = segment.map();
  if (!mapping) return tl::unexpected(mapping.error());
  return Lease(std::move(*mapping));
}

bool Lease::take(shm::ProcessIndex index, const shm::ProcessTable& processes) {
  uint32_t mine = uint32_t{index} + 1;
  uint32_t holder = word().holder.load(std::memory_order_acquire);
  if (holder == mine) return true;
  // A dead holder's index cannot be another's yet: only who holds the lease frees it.
  bool free = holder == 0 || holder > processes.capacity() ||
              !processes.running(static_cast<shm::ProcessIndex>(holder - 1)) ||
              is_gone(processes.entry(static_cast<shm::ProcessIndex>(holder - 1)).pid.load());
  return free && word().holder.compare_exchange_strong(holder, mine, std::memory_order_acq_rel);
}

void Lease::give_up(shm::ProcessIndex index) {
  uint32_t mine = uint32_t{index} + 1;
  word().holder.compare_exchange_strong(mine, 0, std::memory_order_acq_rel);
}

void wake_keepers(const shm::ProcessTable& processes) {
  for (shm::ProcessIndex i = 0; i < processes.capacity(); ++i) {
    if (processes.running(i) && processes.entry(i).kind.load() == shm::ProcessKind::keeper) processes.wake(i);
  }
}

KeeperProcess::KeeperProcess(Place& place, shm::ProcessTable& processes, Lease lease)
    : Child(place, "keeper"),
      processes_(processes),
      lease_(std::move(lease)),
      round_(loop(), on_round, this) {}

base::Result<void> KeeperProcess::begin() {
  generation_of().listening.keep_control();
  control_ = std::make_unique<control::Service>(*this, config(), generation_of().listening.control());
  on_wake([this] { keep(); });
  on_round(this);
  return {};
}

void KeeperProcess::on_round(void* owner) {
  KeeperProcess* self = static_cast<KeeperProcess*>(owner);
  self->keep();
  self->round_.start(kRound);
}

void KeeperProcess::keep() {
  if (draining()) return;
  if (!holds_) {
    holds_ = lease_.take(static_cast<shm::ProcessIndex>(process_index()), processes_);
    if (!holds_) return;
    log().print(base::LogLevel::info, "keeper holds the lease");
  }
  for (shm::ProcessIndex i = 0; i < processes_.capacity(); ++i) {
    const shm::ProcessTable::Entry& entry = processes_.entry(i);
    if (entry.state.load() == shm::ProcessState::running && is_gone(entry.pid.load())) processes_.died(i);
    if (entry.state.load() != shm::ProcessState::dead) continue;
    release_dead(i);
    processes_.release(i);
  }
}

void KeeperProcess::stop_accepting(const std::vector<uint16_t>&) {
  round_.stop();
  if (control_) control_->drain();
  generation_of().listening.close();
}

void KeeperProcess::ended() {
  if (control_) control_->shut_down();
}

void KeeperProcess::drained() {
  lease_.give_up(static_cast<shm::ProcessIndex>(process_index()));
  wake_keepers(processes_);
  leave();
}

}  // namespace process
