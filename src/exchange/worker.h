// What one process has: its loop and the things that live as long as it. Passed by reference; never global.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "event/disk_threads.h"
#include "event/gate.h"
#include "event/loop.h"

namespace net {
class Resolver;
}
namespace shm {
class ProcessTable;
}
namespace upstream {
class Origins;
}

namespace exchange {

struct Module;
class Builder;

class Traffic;

class Worker {
 public:
  virtual ~Worker() = default;

  event::Loop& loop() { return loop_; }
  base::Clock& clock() { return loop_.clock(); }
  base::Log& log() { return *log_; }
  event::DiskThreads& disk() { return disk_; }

  /// Index into the process table: names this process in shared memory (pins, fills, waiters).
  uint32_t process_index() const { return process_index_; }
  /// Which worker slot it fills (0…worker_processes-1); the keeper has none and says UINT32_MAX.
  uint32_t slot() const { return slot_; }
  uint32_t generation() const { return generation_; }
  bool is_keeper() const { return slot_ == UINT32_MAX; }

  /// What must end before a draining process may: connections, and what goes on without one (fills).
  event::Gate& under_way() { return under_way_; }

  /// All processes that share memory with this one, to wake one of them; null in unit tests without any.
  const shm::ProcessTable* processes() const { return processes_; }
  /// `look` is called in the loop whenever another process has woken this one: it looks at what it shares.
  void on_wake(std::function<void()> look) { on_wake_.push_back(std::move(look)); }
  /// In the keeper that holds the lease: `release` is called once for each process that died, with its index,
  /// and gives back what that process held in shared memory; afterwards the index is used again. It may be
  /// called again for the same death (the keeper was killed meanwhile).
  void on_death(std::function<void(uint32_t process_index)> release) {
    on_death_.push_back(std::move(release));
  }

  /// `finish` is called when this process has nothing left to do, and calls what it is given when it has
  /// brought to an end what should be: only then does the process exit. It has half a second at SIGTERM.
  void on_end(std::function<void(std::function<void()> done)> finish) {
    on_end_.push_back(std::move(finish));
  }

  /// What the parts of the configuration share by name (Builder::find_shared): how on_worker finds what
  /// on_init made. Null in unit tests without a configuration.
  const Builder* parts() const { return parts_; }
  void use(const Builder& parts) { parts_ = &parts; }

  /// What all workers have open and had; null where nothing is counted (tests, -t).
  Traffic* traffic() const { return traffic_.get(); }
  void count_traffic(std::shared_ptr<Traffic> traffic) { traffic_ = std::move(traffic); }

  /// What this process knows of origins: clusters, their connections, resolvers. There before any exchange.
  upstream::Origins& origins() { return *origins_; }
  void use(std::shared_ptr<upstream::Origins> origins) { origins_ = std::move(origins); }

  /// What a module keeps per process, made in on_worker.
  void keep(const Module& module, std::shared_ptr<void> object) { kept_[&module] = std::move(object); }
  bool keeps(const Module& module) const { return kept_.contains(&module); }
  template <class T>
  T& kept(const Module& module) {
    return *static_cast<T*>(kept_.at(&module).get());
  }

 protected:
  Worker(base::Log* log, uint32_t process_index, uint32_t slot, uint32_t generation,
         const shm::ProcessTable* processes = nullptr, unsigned backend = 0)
      : loop_(backend),
        log_(log),
        disk_(loop_, 4),
        process_index_(process_index),
        slot_(slot),
        generation_(generation),
        processes_(processes) {}

  void woken() {
    for (const std::function<void()>& look : on_wake_) look();
  }
  /// Ends what has to be ended, then calls `done`: at once when there is nothing.
  void finish(std::function<void()> done) {
    auto left = std::make_shared<size_t>(on_end_.size() + 1);
    auto one_less = [left, then = std::move(done)] {
      if (--*left == 0) then();
    };
    for (const auto& end : std::exchange(on_end_, {})) end(one_less);
    one_less();
  }
  void release_dead(uint32_t process_index) {
    for (const std::function<void(uint32_t)>& release : on_death_) release(process_index);
  }

 private:
  event::Loop loop_;
  event::Gate under_way_{loop_.ready()};
  base::Log* log_;
  event::DiskThreads disk_;
  uint32_t process_index_;
  uint32_t slot_;
  uint32_t generation_;
  const shm::ProcessTable* processes_;
  const Builder* parts_ = nullptr;
  std::shared_ptr<Traffic> traffic_;
  std::shared_ptr<upstream::Origins> origins_;
  std::vector<std::function<void()>> on_wake_;
  std::vector<std::function<void(uint32_t)>> on_death_;
  std::vector<std::function<void(std::function<void()>)>> on_end_;
  std::unordered_map<const Module*, std::shared_ptr<void>> kept_;
};

}  // namespace exchange
