// Between a lookup that found nothing usable and the origin: one request for a
// key fetches, the others wait for its head, in whichever worker, and then look
// again.
#pragma once

#include "event/task.h"
#include "modules/cache/lookup.h"

namespace cache_module {

/// Ends with a reply of what somebody else fetched, or with forward(): then
/// this request fetches, with the turn (state.turn) where others may wait for
/// it.
event::Task<exchange::Verdict> fetch_in_turn(exchange::Exchange& exchange, CacheState& state);

/// Whether the zone's disk is not open in this process yet, but about to be.
bool opens_disk_soon(const CacheState& state);

}  // namespace cache_module
