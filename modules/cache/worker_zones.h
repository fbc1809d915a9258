// The zones of a configuration as one process has them open: workers look up and fill, the keeper tidies.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "cache/fill.h"
#include "cache/notes.h"
#include "cache/purge_orders.h"
#include "cache/tiers.h"
#include "cache/use_counts.h"
#include "cache/zone.h"
#include "exchange/module.h"
#include "exchange/worker.h"
#include "modules/cache/conf.h"

namespace cache_module {

/// One zone in this process.
struct OpenZone {
  OpenZone(shm::Mapping mapping, const ZoneConf& conf, exchange::Worker& worker)
      : zone(std::move(mapping), conf.shape, static_cast<shm::ProcessIndex>(worker.process_index()),
             conf.inactive),
        fills(worker.loop(), worker.under_way(), zone, worker.processes()) {}
  cache::Zone zone;
  cache::Fills fills;
  std::unique_ptr<cache::Tiers> tiers;  ///< null: in memory only
  std::unique_ptr<cache::Notes> notes;  ///< null where there is nothing but tests
  std::optional<shm::Mapping> uses_memory;
  std::optional<cache::UseCounts> uses;  ///< of keys that are not stored; empty: nobody counts them
  cache::PurgeOrders* orders = nullptr;  ///< standing purges; null where there is nothing but tests
  /// Writes purges to the zone's disk and says whether they are there; empty: it has none.
  std::function<void(std::vector<cache::PurgeOrder>, std::function<void(bool)>)> remember;
};

/// Kept by the worker for this module; lives as long as it.
class WorkerZones {
 public:
  explicit WorkerZones(exchange::Worker& worker);
  /// Maps them all. Errors name the zone.
  base::Result<void> open(const ZoneSet& set);
  OpenZone& at(const ZoneConf& conf) { return *open_[conf.index]; }
  /// All, by ZoneConf::index.
  const std::vector<std::unique_ptr<OpenZone>>& all() const { return open_; }

 private:
  static void on_tidy(void* owner);
  void release(uint32_t process_index);
  base::Result<void> open_uses(OpenZone& open, const ZoneConf& conf);
  base::Result<void> open_disk(OpenZone& open, const ZoneConf& conf);

  exchange::Worker& worker_;
  std::vector<std::unique_ptr<OpenZone>> open_;
  std::vector<uint32_t> inactive_;
  event::Timer tidy_;  // keeper only
};

/// The hooks Module::on_init and Module::on_worker.
base::Result<void> make_segments(const exchange::Module& module, exchange::Builder& builder);
base::Result<void> open_zones(const exchange::Module& module, exchange::Worker& worker);

}  // namespace cache_module
