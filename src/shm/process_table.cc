#include "shm/process_table.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"

namespace shm {

namespace {

constexpr std::string_view kName = "processes";
constexpr uint16_t kMaxCapacity = 4096;

}  // namespace

base::Result<ProcessTable> ProcessTable::make(Segments& segments, uint16_t capacity) {
  PC_CHECK(capacity > 0 && capacity <= kMaxCapacity);
  ProcessTable table;
  for (uint16_t i = 0; i < capacity; ++i) {
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) return base::fail_errno(errno, "eventfd() failed");
    table.events_.push_back(fd);
  }
  base::Result<SegmentPtr> segment =
      segments.open(kName, kLayout, bytes(capacity), [](std::byte*, size_t) {});
  if (!segment) return tl::unexpected(segment.error());
  table.segment_ = *segment;
  base::Result<Mapping> mapping = table.segment_->map();
  if (!mapping) return tl::unexpected(mapping.error());
  table.mapping_ = std::move(*mapping);
  return table;
}

base::Result<ProcessTable> ProcessTable::take_over(Segments& segments, std::string_view text) {
  ProcessTable table;
  bool sound = true;
  base::split(text, ',', [&](std::string_view item) {
    std::optional<uint64_t> fd = base::parse_uint(item);
    sound = sound && fd && *fd < (1u << 20) && fcntl(static_cast<int>(*fd), F_SETFD, FD_CLOEXEC) == 0;
    if (sound) table.events_.push_back(static_cast<int>(*fd));
  });
  if (!sound || table.events_.empty() || table.events_.size() > kMaxCapacity) {
    table.events_.clear();
    return base::fail("no process events in \"{}\"", text);
  }
  base::Result<SegmentPtr> segment =
      segments.open(kName, kLayout, bytes(table.capacity()), [](std::byte*, size_t) {});
  if (!segment) return tl::unexpected(segment.error());
  table.segment_ = *segment;
  base::Result<Mapping> mapping = table.segment_->map();
  if (!mapping) return tl::unexpected(mapping.error());
  table.mapping_ = std::move(*mapping);
  return table;
}

std::string ProcessTable::hand_over() const {
  std::string text;
  for (int fd : events_) {
    fcntl(fd, F_SETFD, 0);
    text += fmt::format("{},", fd);
  }
  return text;
}

ProcessTable::~ProcessTable() {
  for (int fd : events_) close(fd);
}

ProcessIndex ProcessTable::claim(ProcessKind kind, uint16_t slot, uint32_t generation) {
  for (ProcessIndex index = 0; index < capacity(); ++index) {
    Entry& entry = entries()[index];
    // During a binary upgrade two masters claim from the same table.
    ProcessState state = ProcessState::free;
    if (!entry.state.compare_exchange_strong(state, ProcessState::running, std::memory_order_acq_rel))
      continue;
    entry.pid.store(0, std::memory_order_relaxed);
    entry.slot.store(slot, std::memory_order_relaxed);
    entry.generation.store(generation, std::memory_order_relaxed);
    entry.kind.store(kind, std::memory_order_relaxed);
    drain(events_[index]);  // a wake-up for who was here before
    return index;
  }
  return kNoProcess;
}

void ProcessTable::started(ProcessIndex index, pid_t pid) {
  entries()[index].pid.store(pid, std::memory_order_release);
}

void ProcessTable::died(ProcessIndex index) {
  entries()[index].state.store(ProcessState::dead, std::memory_order_release);
}

void ProcessTable::release(ProcessIndex index) {
  Entry& entry = entries()[index];
  if (entry.state.load(std::memory_order_acquire) != ProcessState::dead) return;
  entry.kind.store(ProcessKind::none, std::memory_order_relaxed);
  entry.pid.store(0, std::memory_order_relaxed);
  entry.state.store(ProcessState::free, std::memory_order_release);
}

ProcessIndex ProcessTable::find(pid_t pid) const {
  for (ProcessIndex index = 0; index < capacity(); ++index) {
    const Entry& entry = entries()[index];
    if (entry.state.load(std::memory_order_acquire) == ProcessState::running && entry.pid.load() == pid)
      return index;
  }
  return kNoProcess;
}

void ProcessTable::wake(ProcessIndex index) const {
  if (index >= capacity()) return;
  uint64_t one = 1;
  // A full counter means that it will wake anyhow.
  [[maybe_unused]] ssize_t written = write(events_[index], &one, sizeof one);
}

void ProcessTable::drain(int event_fd) {
  uint64_t count;
  [[maybe_unused]] ssize_t got = read(event_fd, &count, sizeof count);
}

}  // namespace shm
