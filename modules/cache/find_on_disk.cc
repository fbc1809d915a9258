#include "modules/cache/find_on_disk.h"

#include "modules/cache/join.h"

namespace cache_module {

using exchange::Exchange;
using exchange::Verdict;

namespace {

/// A marker, a variant of each of its lists, and what is replaced while we look.
constexpr int kMostSteps = 8;
/// A use is counted by each find(): by the second of one request there are two.
constexpr uint8_t kUsedBefore = 2;

Candidate from_disk(Exchange& exchange, const CacheState& state, const cache::OnDisk& on_disk,
                    const base::Digest& place) {
  state.open->zone.count_hit(place);
  Candidate candidate;
  candidate.place = place;
  candidate.found.kind = on_disk.kind;
  candidate.found.facts = on_disk.facts;
  candidate.found.head = exchange.arena.copy(on_disk.found.object().head);
  candidate.found.body_size = on_disk.found.body_size();
  candidate.disk = on_disk.found;
  return candidate;
}

}  // namespace

event::Task<void> find_anywhere(Exchange& exchange, CacheState& state, Candidate& candidate) {
  int misses = 0;
  for (int step = 0; step < kMostSteps; ++step) {
    candidate = find(exchange, state);
    if (candidate || candidate.location == 0 || !state.open->tiers) co_return;
    cache::Tiers& tiers = *state.open->tiers;
    const base::Digest place = candidate.place;
    bool promote = candidate.uses >= kUsedBefore;
    cache::OnDisk on_disk = co_await tiers.find(candidate.location, place, state.key, promote);
    // Not there, or the disk rests: memory may have it by now, but the disk is not asked again.
    if (!on_disk && ++misses > 1) co_return;
    // A marker is in memory by now: it leads to a variant.
    if (!on_disk || on_disk.kind != cache::EntryKind::object) continue;
    candidate = from_disk(exchange, state, on_disk, place);
    co_return;
  }
}

event::Task<Verdict> look_on_disk(Exchange& exchange, CacheState& state) {
  if (opens_disk_soon(state)) {
    bool open = co_await state.open->tiers->store().opened();
    (void)open;
  }
  Candidate candidate;
  co_await find_anywhere(exchange, state, candidate);
  Verdict verdict = use(exchange, state, std::move(candidate));
  if (verdict == Verdict::reply) co_return verdict;
  co_return co_await fetch_in_turn(exchange, state);
}

}  // namespace cache_module
