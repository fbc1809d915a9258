// The way in: is there a stored response for this request, and may it be used?
#include "modules/cache/lookup.h"

#include "base/text.h"
#include "exchange/deferred.h"
#include "modules/cache/answer.h"
#include "modules/cache/find_on_disk.h"
#include "modules/cache/incomplete.h"
#include "modules/cache/join.h"
#include "modules/cache/orders.h"
#include "modules/cache/stale.h"

namespace cache_module {

using exchange::Call;
using exchange::Exchange;
using exchange::Verdict;

namespace {

bool is_cacheable(const Exchange& exchange, const CacheConf& conf) {
  http::Method method = exchange.request.method;
  return method == http::Method::get || method == http::Method::head ||
         (method == http::Method::post && conf.caches_post);
}

Verdict answer_as(Exchange& exchange, CacheState& state, Candidate& candidate, cache::Outcome outcome) {
  if (answer(exchange, state, candidate) != Verdict::reply) return Verdict::next;
  state.outcome = outcome;
  state.fwd = state.collapsed ? "uri-miss" : "";
  exchange.origin.cache_status = cache::outcome_text(outcome);
  return Verdict::reply;
}

/// The origin will be asked about it, and if that fails it may stand in.
void hold(Exchange& exchange, CacheState& state, Candidate candidate) {
  if (!candidate.found || is_incomplete(exchange, candidate.facts())) return;
  state.held = exchange.arena.make<Candidate>(std::move(candidate));
  if (!state.refresh) exchange.origin.stand_in = answer_instead;
}

/// proxy_cache_min_uses: counts this one, and says whether there were too few so far.
bool is_scarce(Exchange& exchange, const CacheState& state) {
  if (state.conf->min_uses <= 1 || !state.open->uses) return false;
  uint32_t now = static_cast<uint32_t>(exchange.worker.clock().wall_seconds());
  return state.open->uses->count(state.digest, now) < state.conf->min_uses;
}

/// proxy_cache_max_range_offset: whether the request's first range begins behind it.
bool is_far_range(const Exchange& exchange, const CacheConf& conf) {
  if (!conf.max_range_offset || exchange.request.method != http::Method::get) return false;
  std::string_view range = exchange.request.fields.get(http::Name::range);
  if (!range.starts_with("bytes=")) return false;
  range.remove_prefix(6);
  std::optional<uint64_t> first = base::parse_uint(base::trim(range.substr(0, range.find('-'))));
  return first && *first >= *conf.max_range_offset;
}

}  // namespace

http::CacheControl request_directives(const Exchange& exchange, const CacheConf& conf) {
  return conf.heeds_request ? cache::request_control(exchange.request.fields) : http::CacheControl();
}

Verdict use(Exchange& exchange, CacheState& state, Candidate candidate) {
  http::CacheControl control = request_directives(exchange, *state.conf);
  state.only_if_cached = control.only_if_cached && !state.refresh;
  if (!candidate) return Verdict::next;
  state.found = static_cast<bool>(candidate.found);
  if (!outlives_orders(exchange, state, candidate)) return Verdict::next;
  if (state.refresh) {
    state.outcome = cache::Outcome::expired;
    state.fwd = "stale";
    hold(exchange, state, std::move(candidate));
    return Verdict::next;
  }
  const cache::Facts& facts = candidate.facts();
  int64_t now = exchange.worker.clock().wall_seconds();
  cache::Use use = cache::decide_use(control, facts.freshness, facts.flags, now);
  if (use == cache::Use::fresh) return answer_as(exchange, state, candidate, cache::Outcome::hit);
  if (use == cache::Use::stale) return answer_as(exchange, state, candidate, cache::Outcome::stale);
  if (is_incomplete(exchange, facts)) return Verdict::next;  // not worth asking about: it is fetched anew
  bool expired = use == cache::Use::expired;
  cache::Outcome outcome = cache::Outcome::none;
  if (expired && candidate.found && is_updated_meanwhile(exchange, state, candidate, control, outcome)) {
    return answer_as(exchange, state, candidate, outcome);
  }
  state.outcome = expired ? cache::Outcome::expired : cache::Outcome::bypass;
  state.fwd = expired ? "stale" : "request";
  hold(exchange, state, std::move(candidate));
  return Verdict::next;
}

Verdict forward(Exchange& exchange, CacheState& state) {
  if (state.outcome == cache::Outcome::none) state.outcome = cache::Outcome::miss;
  if (state.fwd.empty()) state.fwd = "uri-miss";
  exchange.origin.cache_status = cache::outcome_text(state.outcome);
  state.open->zone.count_miss(state.digest, state.found);
  // What is not stored is not asked for as a whole either: the client's own ranges and conditions are passed
  // on.
  state.scarce = state.scarce && !state.found;
  if (state.scarce) state.detail = "min-uses";
  state.by_range = !state.only_if_cached && (state.scarce || state.far);
  if (!state.only_if_cached) return Verdict::next;
  state.fwd = {};
  state.detail = "only-if-cached";
  return exchange.answer(504);
}

Verdict look_up(const Call& call) {
  Exchange& exchange = call.exchange;
  const CacheConf& conf = call.conf_as<CacheConf>();
  CacheState& state = exchange.state<CacheState>(call.module);
  if (state.passes_by) return Verdict::next;
  bool refresh = state.refresh;
  Turn* turn = refresh ? state.turn : nullptr;
  state = CacheState{};
  state.refresh = refresh;
  state.turn = turn;
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
  state.far = is_far_range(exchange, conf);
  if (exchange::any_set(conf.bypass, exchange)) {
    state.outcome = cache::Outcome::bypass;
    state.fwd = "bypass";
    return forward(exchange, state);
  }
  if (!refresh) state.scarce = is_scarce(exchange, state);
  Candidate candidate = find(exchange, state);
  bool may_be_on_disk = state.open->tiers && (candidate.location != 0 || opens_disk_soon(state));
  if (!candidate && may_be_on_disk) {
    return exchange::deferred(exchange, look_on_disk(exchange, state));
  }
  if (use(exchange, state, std::move(candidate)) == Verdict::reply) return Verdict::reply;
  if (refresh) return Verdict::next;
  return exchange::deferred(exchange, fetch_in_turn(exchange, state));
}

}  // namespace cache_module
