// Second stage of a lookup: what memory does not have, but the zone's disk store may. Waits for the disk.
#pragma once

#include "event/task.h"
#include "modules/cache/find.h"

namespace cache_module {

/// For a request whose find() named a location, or came while the disk is being opened: ends with use() or
/// forward().
event::Task<exchange::Verdict> look_on_disk(exchange::Exchange& exchange, CacheState& state);

}  // namespace cache_module
