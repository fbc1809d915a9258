// Carrying out purges in one zone: in force in every process before anything is answered; then counted, by a
// walk in slices where that is wanted.
#pragma once

#include <optional>

#include "cache/purge_orders.h"
#include "event/task.h"
#include "exchange/worker.h"
#include "modules/cache/worker_zones.h"

namespace cache_module {

/// What is to be purged.
struct PurgeWish {
  std::vector<cache::PurgeOrder> orders;  ///< any of them
  std::string key;                        ///< with an order by key
  bool dry_run = false;                   ///< only counted
  bool count = false;                     ///< the answer waits for the number; by key it is always known
  bool count_on_disk = false;  ///< what is on the disk only is counted as well: it is read for that
};

struct PurgeOutcome {
  base::Result<void> done;        ///< an expression may not compile
  std::optional<uint64_t> count;  ///< objects, variants each
};

/// An order by key, URI, tag, prefix or expression, or for everything (`text` is not used).
cache::PurgeOrder make_order(const cache::Zone& zone, cache::PurgeKind kind, std::string_view text,
                             bool soft);

/// Purges, as described above. `wish` lives until it has ended.
event::Task<void> carry_out(exchange::Worker& worker, OpenZone& open, const PurgeWish& wish,
                            PurgeOutcome& outcome);

/// For the keeper: removes all that standing orders cover, in memory and on the disk, and retires those that
/// are done with. Stops where `goes_on` says no.
event::Task<void> sweep(exchange::Worker& worker, OpenZone& open, const std::function<bool()>& goes_on);

}  // namespace cache_module
