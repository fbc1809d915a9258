#include "cache/join.h"

#include "modules/cache/join.h"

#include "modules/cache/find_on_disk.h"
#include "modules/cache/turn.h"

namespace cache_module {

using exchange::Exchange;
using exchange::Verdict;

namespace {

using Kind = cache::Flights::Announced::Kind;

/// Heads one request waits for, one after the other (variants, fetches that
/// were purged), before it fetches.
constexpr int kMostLooks = 8;

/// Only who would store what it gets, and may be given what another got, takes
/// part.
bool takes_part(const Exchange& exchange, const CacheState& state) {
  return state.conf->locks && !state.scarce && !state.far && exchange.request.method == http::Method::get &&
         !state.only_if_cached && !request_directives(exchange, *state.conf).no_store &&
         state.outcome != cache::Outcome::bypass && state.turn == nullptr;
}

}  // namespace

bool opens_disk_soon(const CacheState& state) {
  return state.open->tiers && state.open->tiers->store().opens_soon();
}

event::Task<Verdict> fetch_in_turn(Exchange& exchange, CacheState& state) {
  if (!takes_part(exchange, state)) co_return forward(exchange, state);
  // Else it could neither read along what another process fills there, nor store what is large.
  if (opens_disk_soon(state)) {
    bool open = co_await state.open->tiers->store().opened();
    (void)open;
  }
  cache::Fills& fills = state.open->fills;
  base::MonoTime limit = exchange.worker.clock().now() + state.conf->lock_timeout.count();
  for (int look = 0; look < kMostLooks;) {
    cache::Flights::Announced announced = fills.announce(state.place, state.conf->lock_age);
    if (announced.kind == Kind::mine) {
      state.turn = exchange.arena.make<Turn>(fills, announced.flight);
    }
    if (announced.kind != Kind::taken) break;
    base::Duration left{limit - exchange.worker.clock().now()};
    cache::Join join(fills, announced.flight, left);
    event::Answer<cache::Joined>& answer = join.answer();
    event::Canceling<cache::Joined> canceling(exchange.cancel, answer, cache::Joined::canceled);
    cache::Joined how = co_await answer;
    // nginx: who waited too long fetches, and what it gets is not stored.
    state.alone = how == cache::Joined::timed_out || how == cache::Joined::too_many;
    // After a failure the next one tries, while the others wait on: the origin is not asked by all at once,
    // and they share what comes when it is well again.
    if (how != cache::Joined::look_again && how != cache::Joined::failed) break;
    if (how == cache::Joined::look_again) ++look;
    Candidate candidate;
    co_await find_anywhere(exchange, state, candidate);
    Verdict verdict = use(exchange, state, std::move(candidate));
    if (verdict == Verdict::reply) {
      state.collapsed = true;
      co_return verdict;
    }
    if (state.only_if_cached || state.outcome == cache::Outcome::bypass) break;
  }
  co_return forward(exchange, state);
}

}  // namespace cache_module
