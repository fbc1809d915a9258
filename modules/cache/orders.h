// The standing purges of each zone as one process has them, and their place in a lookup: what an order covers
// is absent, or stale.
#pragma once

#include <memory>
#include <vector>

#include "cache/purge_orders.h"
#include "modules/cache/find.h"
#include "modules/cache/sweeper.h"
#include "modules/cache/warmer.h"

namespace cache_module {

/// Orders by the zone's index; kept by the worker for kPurgeModule.
struct OpenOrders {
  std::vector<std::unique_ptr<cache::PurgeOrders>> zones;
  std::unique_ptr<Sweeper> sweeper;  ///< in the keeper
  std::unique_ptr<Warmer> warmer;    ///< in the keeper
};

/// The orders of a zone in this process; null under -t.
cache::PurgeOrders* orders_of(exchange::Worker& worker, size_t zone);

/// The URI of a request (scheme, host with its port, target), whatever proxy_cache_key makes of it.
std::string_view uri_of(exchange::Exchange& exchange);

/// Before a candidate is decided upon: false when a purge covers it; one that was purged softly is stale from
/// here on.
bool outlives_orders(exchange::Exchange& exchange, CacheState& state, Candidate& candidate);

/// The hooks Module::on_init and Module::on_worker of kPurgeModule.
base::Result<void> make_order_segments(const exchange::Module& module, exchange::Builder& builder);
base::Result<void> open_orders(const exchange::Module& module, exchange::Worker& worker);

}  // namespace cache_module
