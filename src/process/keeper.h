// The keeper: what must happen once per machine and never delay a request. It works only while it holds the
// lease, so that over a reload or an upgrade one keeper at a time does; the others wait to be woken.
// Unprivileged.
#pragma once

#include <atomic>

#include "control/service.h"
#include "process/child.h"
#include "shm/segment.h"

namespace process {

/// Who keeps: in shared memory that outlives reloads and upgrades. One word, changed only by compare and
/// exchange.
class Lease {
 public:
  static constexpr std::string_view kName = "keeper";
  static constexpr uint32_t kLayout = 1;

  /// Master: the segment to keep.
  static base::Result<shm::SegmentPtr> make(shm::Segments& segments);
  static base::Result<Lease> map(const shm::Segment& segment);

  /// True when `index` holds it now: it was free, its holder is dead, or it held it already.
  bool take(shm::ProcessIndex index, const shm::ProcessTable& processes);
  /// Gives it up if `index` holds it.
  void give_up(shm::ProcessIndex index);

 private:
  struct Word {
    std::atomic<uint32_t> holder;  // index + 1; 0: nobody
  };
  explicit Lease(shm::Mapping mapping) : mapping_(std::move(mapping)) {}
  Word& word() const { return *reinterpret_cast<Word*>(mapping_.memory()); }

  shm::Mapping mapping_;
};

class KeeperProcess final : public Child {
 public:
  KeeperProcess(Place& place, shm::ProcessTable& processes, Lease lease);

 private:
  base::Result<void> begin() override;
  void stop_accepting(const std::vector<uint16_t>& last_listeners) override;
  void drained() override;
  void ended() override;
  static void on_round(void* owner);
  /// Takes the lease if it can, and with it releases what dead processes held.
  void keep();

  shm::ProcessTable& processes_;
  Lease lease_;
  bool holds_ = false;
  event::Timer round_;
  std::unique_ptr<control::Service> control_;
};

/// Wakes every keeper: somebody died, or the lease is free.
void wake_keepers(const shm::ProcessTable& processes);

}  // namespace process
