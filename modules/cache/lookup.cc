// The way in: is there a stored response for this request, and may it be used?
#include "modules/cache/lookup.h"

#include "exchange/deferred.h"
#include "modules/cache/answer.h"
#include "modules/cache/find_on_disk.h"
#include "modules/cache/orders.h"

namespace cache_module {

using exchange::Call;
using exchange::Exchange;
using exchange::Verdict;

namespace {

http::CacheControl directives_of(const Exchange& exchange, const CacheConf& conf) {
  return conf.heeds_request ? cache::request_control(exchange.request.fields) : http::CacheControl();
}

bool is_cacheable(const Exchange& exchange, const CacheConf& conf) {
  http::Method method = exchange.request.method;
  return method == http::Method::get || method == http::Method::head ||
         (method == http::Method::post && conf.caches_post);
}

}  // namespace

Verdict use(Exchange& exchange, CacheState& state, Candidate candidate) {
  http::CacheControl control = directives_of(exchange, *state.conf);
  state.only_if_cached = control.only_if_cached;
  if (!candidate) return Verdict::next;
  state.found = static_cast<bool>(candidate.found);
  if (!outlives_orders(exchange, state, candidate)) return Verdict::next;
  const cache::Facts& facts = candidate.facts();
  int64_t now = exchange.worker.clock().wall_seconds();
  cache::Use use = cache::decide_use(control, facts.freshness, facts.flags, now);
  if (use == cache::Use::fresh || use == cache::Use::stale) {
    cache::Outcome outcome = use == cache::Use::fresh ? cache::Outcome::hit : cache::Outcome::stale;
    if (answer(exchange, state, candidate) != Verdict::reply) return Verdict::next;
    state.outcome = outcome;
    exchange.origin.cache_status = cache::outcome_text(outcome);
    return Verdict::reply;
  }
  bool expired = use == cache::Use::expired;
  state.outcome = expired ? cache::Outcome::expired : cache::Outcome::bypass;
  state.fwd = expired ? "stale" : "request";
  return Verdict::next;
}

Verdict forward(Exchange& exchange, CacheState& state) {
  if (state.outcome == cache::Outcome::none) state.outcome = cache::Outcome::miss;
  if (state.fwd.empty()) state.fwd = "uri-miss";
  exchange.origin.cache_status = cache::outcome_text(state.outcome);
  state.open->zone.count_miss(state.digest, state.found);
  if (!state.only_if_cached) return Verdict::next;
  state.fwd = {};
  state.detail = "only-if-cached";
  return exchange.answer(504);
}

Verdict look_up(const Call& call) {
  Exchange& exchange = call.exchange;
  const CacheConf& conf = call.conf_as<CacheConf>();
  CacheState& state = exchange.state<CacheState>(call.module);
  state = CacheState{};
  if (!exchange.request.upgrade.empty()) return Verdict::next;
  state.route = exchange.route;
  state.conf = &conf;
  state.open = &exchange.worker.kept<WorkerZones>(call.module).at(*conf.zone);
  if (state.open->orders != nullptr) state.mark = state.open->orders->mark();
  state.key = make_key(exchange, conf);
  state.digest = state.open->zone.digest(state.key);
  state.cacheable = is_cacheable(exchange, conf);
  if (!state.cacheable) {
    state.fwd = "method";
    return Verdict::next;
  }
  if (exchange::any_set(conf.bypass, exchange)) {
    state.outcome = cache::Outcome::bypass;
    state.fwd = "bypass";
    return forward(exchange, state);
  }
  Candidate candidate = find(exchange, state);
  if (!candidate && candidate.location != 0 && state.open->tiers) {
    return exchange::deferred(exchange, look_on_disk(exchange, state));
  }
  if (use(exchange, state, std::move(candidate)) == Verdict::reply) return Verdict::reply;
  return forward(exchange, state);
}

}  // namespace cache_module
