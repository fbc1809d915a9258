// The way in: is there a stored response for this request, and may it be used?
#include <algorithm>

#include "base/text.h"
#include "cache/stored_body.h"
#include "cache/stored_head.h"
#include "cache/variant.h"
#include "exchange/server.h"
#include "modules/cache/content.h"
#include "modules/cache/state.h"

namespace cache_module {

using exchange::Call;
using exchange::Exchange;
using exchange::Verdict;
using http::Name;

namespace {

/// What can answer: a stored object, or one that is growing in this worker.
struct Candidate {
  cache::Found found;
  cache::Fill* fill = nullptr;
  explicit operator bool() const { return fill != nullptr || found; }
  const cache::Facts& facts() const { return fill != nullptr ? fill->object().facts : found.facts; }
};

std::string_view make_key(const Call& call) {
  Exchange& exchange = call.exchange;
  const CacheConf& conf = call.conf_as<CacheConf>();
  if (!conf.key.empty()) return conf.key.evaluate(exchange);
  const http::Request& request = exchange.request;
  std::string_view host =
      request.host.empty() ? std::string_view(exchange.route->server->first_name) : request.host;
  // RFC 9110 §4.2.3: a port that is the scheme's own is no port.
  uint16_t usual = request.scheme == "https" ? 443 : 80;
  if (request.port == 0 || request.port == usual) {
    return exchange.arena.join(request.scheme, "://", host, request.target);
  }
  fmt::format_int port(request.port);
  return exchange.arena.join(request.scheme, "://", host, ":", std::string_view(port.data(), port.size()),
                             request.target);
}

Candidate find_at(CacheState& state, Exchange& exchange, const base::Digest& digest) {
  Candidate candidate;
  uint32_t now = static_cast<uint32_t>(exchange.worker.clock().wall_seconds());
  candidate.found = state.open->zone.find(digest, state.key, now, exchange.arena);
  if (candidate.found) return candidate;
  candidate.fill = state.open->fills.find(digest, state.key);
  return candidate;
}

/// RFC 9111 §4.1: of the variants that match, the newest by Date.
Candidate find_variant(CacheState& state, Exchange& exchange, std::string_view marker) {
  Candidate best;
  uint64_t salt = 0;
  if (marker.size() < sizeof salt) return best;
  std::memcpy(&salt, marker.data(), sizeof salt);
  base::split(marker.substr(sizeof salt), '\n', [&](std::string_view list) {
    base::Digest place = cache::variant_digest(state.digest, salt, list, exchange.request.fields);
    Candidate candidate = find_at(state, exchange, place);
    if (!candidate) return;
    if (best && best.facts().freshness.date >= candidate.facts().freshness.date) return;
    best = std::move(candidate);
  });
  return best;
}

Candidate find(CacheState& state, Exchange& exchange) {
  Candidate candidate = find_at(state, exchange, state.digest);
  if (candidate.found.kind != cache::EntryKind::marker) return candidate;
  state.fwd = "vary-miss";
  return find_variant(state, exchange, candidate.found.head);
}

/// The body, whole or in parts, of a stored object; straight from shared memory where it was not copied
/// already.
http::BodyPtr stored_body(Exchange& exchange, cache::Found& found, Content content) {
  bool part = content.kind == Content::Kind::part;
  uint64_t first = part ? content.plan.ranges.front().first : 0;
  uint64_t size = part ? content.plan.ranges.front().size() : found.body_size;
  http::BodyPtr body;
  if (found.pin) {
    body = std::make_unique<cache::StoredBody>(std::move(found.pin), first, size);
  } else if (size > 0) {
    body = std::make_unique<http::TextBody>(found.body.substr(first, size));
  }
  if (part) return body;
  return cut_content(exchange, std::move(content), found.body_size, std::move(body));
}

Verdict answer(const Call& call, CacheState& state, Candidate candidate) {
  Exchange& exchange = call.exchange;
  http::Response& head = exchange.reply.head;
  int64_t now = exchange.worker.clock().wall_seconds();
  const cache::Facts facts = candidate.facts();
  std::string_view stored =
      candidate.fill != nullptr ? exchange.arena.copy(candidate.fill->object().head) : candidate.found.head;
  std::optional<uint64_t> size = candidate.fill != nullptr ? candidate.fill->object().body_size
                                                           : std::optional(candidate.found.body_size);
  http::BodyPtr growing;
  if (candidate.fill != nullptr) {
    growing = candidate.fill->read();
    if (!growing) return Verdict::next;
    state.collapsed = true;
  }
  head.fields.clear();
  if (!cache::read_stored_head(stored, head.fields)) {
    head.fields.clear();
    state.open->zone.purge(state.digest);
    return Verdict::next;
  }

  exchange.reply.source = exchange::Reply::Source::cache;
  head.status = facts.status;
  head.reason = {};
  fmt::format_int age(facts.freshness.age(now));
  head.fields.set(Name::age, exchange.arena.copy({age.data(), age.size()}));  // RFC 9111 §4, §5.1
  bool has_content = http::has_content(http::Method::get, facts.status);
  head.framing = !has_content ? http::Framing::none : size ? http::Framing::length : http::Framing::streamed;
  head.content_length = size.value_or(0);
  exchange.reply.header_only = exchange.request.method == http::Method::head;

  Content content = select_content(exchange, size);
  if (content.kind != Content::Kind::nothing && !exchange.reply.header_only) {
    exchange.reply.body =
        growing ? cut_content(exchange, std::move(content), size.value_or(0), std::move(growing))
                : stored_body(exchange, candidate.found, std::move(content));
  }
  state.ttl = facts.freshness.time_left(now);
  state.has_ttl = true;
  state.fwd = state.collapsed ? "uri-miss" : "";
  return Verdict::reply;
}

Verdict pass(CacheState& state, Exchange& exchange, cache::Outcome outcome, std::string_view fwd,
             bool found) {
  state.outcome = outcome;
  state.fwd = fwd;
  exchange.origin.cache_status = cache::outcome_text(outcome);
  state.open->zone.count_miss(state.digest, found);
  return Verdict::next;
}

Verdict use(const Call& call, CacheState& state) {
  Exchange& exchange = call.exchange;
  http::CacheControl control;
  if (call.conf_as<CacheConf>().heeds_request) control = cache::request_control(exchange.request.fields);
  Candidate candidate = find(state, exchange);
  cache::Outcome outcome = cache::Outcome::miss;
  std::string_view fwd = state.fwd.empty() ? "uri-miss" : state.fwd;
  bool found = static_cast<bool>(candidate.found);
  if (candidate) {
    int64_t now = exchange.worker.clock().wall_seconds();
    const cache::Facts& facts = candidate.facts();
    cache::Use use = cache::decide_use(control, facts.freshness, facts.flags, now);
    if (use == cache::Use::fresh || use == cache::Use::stale) {
      state.outcome = use == cache::Use::fresh ? cache::Outcome::hit : cache::Outcome::stale;
      if (answer(call, state, std::move(candidate)) == Verdict::reply) {
        exchange.origin.cache_status = cache::outcome_text(state.outcome);
        return Verdict::reply;
      }
    } else {
      outcome = use == cache::Use::expired ? cache::Outcome::expired : cache::Outcome::bypass;
      fwd = use == cache::Use::expired ? "stale" : "request";
    }
  }
  // RFC 9111 §5.2.1.7.
  if (control.only_if_cached) {
    pass(state, exchange, outcome, "", found);
    state.detail = "only-if-cached";
    return exchange.answer(504);
  }
  return pass(state, exchange, outcome, fwd, found);
}

}  // namespace

Verdict look_up(const Call& call) {
  Exchange& exchange = call.exchange;
  const CacheConf& conf = call.conf_as<CacheConf>();
  CacheState& state = exchange.state<CacheState>(call.module);
  state = CacheState{};
  if (!exchange.request.upgrade.empty()) return Verdict::next;
  state.route = exchange.route;
  state.open = &exchange.worker.kept<WorkerZones>(call.module).at(*conf.zone);
  state.key = make_key(call);
  state.digest = state.open->zone.digest(state.key);
  http::Method method = exchange.request.method;
  state.cacheable = method == http::Method::get || method == http::Method::head ||
                    (method == http::Method::post && conf.caches_post);
  if (!state.cacheable) {
    state.fwd = "method";
    return Verdict::next;
  }
  if (exchange::any_set(conf.bypass, exchange))
    return pass(state, exchange, cache::Outcome::bypass, "bypass", false);
  return use(call, state);
}

}  // namespace cache_module
