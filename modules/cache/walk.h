// Looking at everything a zone holds, in memory and on its disk, a part at a time: for the keeper's listings,
// counts and sweeps. What is on the disk only is read from there, in the order in which it lies.
#pragma once

#include <functional>

#include "event/task.h"
#include "exchange/worker.h"
#include "modules/cache/worker_zones.h"

namespace cache_module {

/// How far to go.
struct WalkLimits {
  bool on_disk = true;            ///< also what is on the disk only
  std::function<bool()> goes_on;  ///< asked between two objects; empty: to the end
};

/// Calls `visit` for objects from `place` on, until `limits` or the end. Objects in memory are shown under a
/// lock: visit must be short and call nothing of the zone. `place` is behind the last part that was seen
/// whole; false: everything was seen.
event::Task<bool> walk_slice(exchange::Worker& worker, OpenZone& open, cache::Zone::WalkPlace& place,
                             const WalkLimits& limits,
                             const std::function<void(const cache::Zone::Walked&)>& visit);

/// The object with that digest, which is only on the disk there, shown to `visit`; false: it is not there.
event::Task<bool> visit_on_disk(OpenZone& open, const base::Digest& digest, uint64_t location,
                                uint32_t last_used,
                                const std::function<void(const cache::Zone::Walked&)>& visit);

}  // namespace cache_module
