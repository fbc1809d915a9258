#include "modules/cache/walk.h"

#include <algorithm>

#include "event/sleep.h"

namespace cache_module {

namespace {

constexpr size_t kSlice = 256;  // entries looked at under one lock

struct There {
  base::Digest digest;
  uint64_t location;
  uint32_t last_used;
};

}  // namespace

event::Task<bool> visit_on_disk(OpenZone& open, const base::Digest& digest, uint64_t location,
                                uint32_t last_used,
                                const std::function<void(const cache::Zone::Walked&)>& visit) {
  cache::DiskFound found = co_await open.tiers->store().look(location, digest);
  if (!found) co_return false;
  std::optional<cache::Facts> facts = cache::read_stored_facts(found.object().facts);
  if (!facts) co_return false;
  auto kind = static_cast<cache::EntryKind>(found.object().kind);
  cache::Zone::Walked object{digest,
                             found.object().key,
                             found.object().head,
                             *facts,
                             found.body_size(),
                             0,
                             last_used,
                             kind,
                             location,
                             false};
  visit(object);
  co_return true;
}

event::Task<bool> walk_slice(exchange::Worker& worker, OpenZone& open, cache::Zone::WalkPlace& place,
                             const WalkLimits& limits,
                             const std::function<void(const cache::Zone::Walked&)>& visit) {
  std::vector<There> on_disk;
  bool wanted = limits.on_disk && open.tiers != nullptr;
  auto sort_out = [&](const cache::Zone::Walked& object) {
    if (object.in_memory) return visit(object);
    if (wanted) on_disk.push_back({object.digest, object.location, object.last_used});
  };
  bool more = open.zone.walk(place, kSlice, sort_out);
  std::sort(on_disk.begin(), on_disk.end(),
            [](const There& a, const There& b) { return a.location < b.location; });
  for (const There& there : on_disk) {
    if (limits.goes_on && !limits.goes_on()) co_return false;
    bool found = co_await visit_on_disk(open, there.digest, there.location, there.last_used, visit);
    (void)found;
  }
  if (more) co_await event::sleep_for(worker.loop(), base::Duration(0), nullptr);
  if (limits.goes_on && !limits.goes_on()) co_return false;
  co_return more;
}

}  // namespace cache_module
