// Second stage of a lookup: what memory does not have, but the zone's disk store may. Waits for the disk.
#pragma once

#include "event/task.h"
#include "modules/cache/find.h"

namespace cache_module {

/// find(), and what it names a location of is read from there. Empty: nothing is stored.
event::Task<void> find_anywhere(exchange::Exchange& exchange, CacheState& state, Candidate& candidate);

/// For a request whose find() named a location, or came while the disk is being opened: ends with use() or
/// fetch_in_turn().
event::Task<exchange::Verdict> look_on_disk(exchange::Exchange& exchange, CacheState& state);

}  // namespace cache_module
