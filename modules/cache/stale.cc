#include "modules/cache/stale.h"

#include "cache/policy.h"
#include "modules/cache/answer.h"
#include "modules/cache/lookup.h"
#include "modules/cache/orders.h"
#include "modules/cache/turn.h"

namespace cache_module {

using exchange::Exchange;
using exchange::Verdict;
using http::OriginFault;

namespace {

/// A validation whose response head is not there for so long does not keep others from asking again.
constexpr base::Duration kOldUpdate{60'000};

struct StaleStatus {
  int status;
  uint32_t when;
};
constexpr StaleStatus kStaleStatus[] = {{500, kStale500}, {502, kStale502}, {503, kStale503},
                                        {504, kStale504}, {403, kStale403}, {404, kStale404},
                                        {429, kStale429}};

struct Failure {
  uint32_t when = 0;      ///< StaleWhen, 0: it is none
  bool is_error = false;  ///< what stale-if-error means (RFC 5861 §4)
  std::string_view detail;
};

Failure fault_of(const Exchange& exchange) {
  OriginFault fault =
      exchange.origin.tries.empty() ? OriginFault::connect : exchange.origin.tries.back().fault;
  switch (fault) {
    case OriginFault::canceled: return {};
    case OriginFault::connect_timeout:
    case OriginFault::handshake_timeout:
    case OriginFault::send_timeout:
    case OriginFault::read_timeout: return {kStaleTimeout, true, "origin-timeout"};
    case OriginFault::invalid: return {kStaleInvalid, true, "origin-invalid"};
    default: return {kStaleError, true, "origin-error"};
  }
}

Failure failure_of(const Exchange& exchange) {
  if (exchange.origin.head == nullptr) return fault_of(exchange);
  int status = exchange.origin.head->status;
  for (const StaleStatus& known : kStaleStatus) {
    if (known.status == status) return {known.when, status >= 500, "origin-status"};
  }
  return {};
}

}  // namespace

bool answer_instead(Exchange& exchange) {
  CacheState& state = exchange.state<CacheState>(kModule);
  if (state.route != exchange.route || state.held == nullptr || state.refresh) return false;
  Failure failure = failure_of(exchange);
  if (failure.when == 0) return false;
  // It may have been purged while the origin was asked.
  if (!outlives_orders(exchange, state, *state.held)) return false;
  const cache::Facts& facts = state.held->facts();
  int64_t now = exchange.worker.clock().wall_seconds();
  bool by_rule = (state.conf->use_stale & failure.when) != 0;
  uint32_t window = failure.is_error ? facts.stale_if_error : 0;
  http::CacheControl request = request_directives(exchange, *state.conf);
  if (!failure.is_error) request.stale_if_error.reset();
  if (!by_rule && !failure.is_error) return false;
  if (!cache::allows_on_error(request, facts.freshness, facts.flags, window, by_rule, now)) return false;
  exchange.reply.wants_error_page = false;
  exchange.reply.body.reset();
  exchange.reply.redirect = {};
  std::string_view fwd = state.fwd;
  if (answer(exchange, state, *state.held) != Verdict::reply) return false;
  if (state.turn != nullptr) state.turn->fail();
  state.fwd = fwd;
  state.outcome = cache::Outcome::stale;
  state.detail = failure.detail;
  exchange.origin.cache_status = cache::outcome_text(state.outcome);
  return true;
}

bool is_updated_meanwhile(Exchange& exchange, CacheState& state, const Candidate& candidate,
                          const http::CacheControl& request, cache::Outcome& outcome) {
  const CacheConf& conf = *state.conf;
  const cache::Facts& facts = candidate.facts();
  int64_t now = exchange.worker.clock().wall_seconds();
  bool any = (conf.use_stale & kStaleUpdating) != 0;
  if (!cache::allows_while_revalidating(request, facts.freshness, facts.flags, facts.stale_while_revalidate,
                                        any, now)) {
    return false;
  }
  using Kind = cache::Flights::Announced::Kind;
  cache::Flights::Announced announced = state.open->fills.announce(candidate.place, kOldUpdate);
  outcome = cache::Outcome::updating;
  if (announced.kind == Kind::taken) return true;
  if (announced.kind != Kind::mine) return false;
  outcome = cache::Outcome::stale;
  state.turn = exchange.arena.make<Turn>(state.open->fills, announced.flight);
  if (!conf.updates_in_background) return false;
  return exchange.host.start_detached(exchange, kModule, [](Exchange& detached, const Exchange& like) {
    CacheState& from = const_cast<Exchange&>(like).state<CacheState>(kModule);
    CacheState& to = detached.state<CacheState>(kModule);
    to.refresh = true;
    to.turn = detached.arena.make<Turn>(from.open->fills, from.turn->take());
  });
}

}  // namespace cache_module
