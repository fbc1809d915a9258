// The way out: what of an origin's response is stored, what an unsafe request invalidates, and what the
// client is told.
#include <algorithm>

#include "base/text.h"
#include "cache/stored_head.h"
#include "cache/stored_marks.h"
#include "cache/variant.h"
#include "http/path.h"
#include "modules/cache/content.h"
#include "modules/cache/incomplete.h"
#include "modules/cache/orders.h"
#include "modules/cache/other_variants.h"
#include "modules/cache/part.h"
#include "modules/cache/revalidate.h"
#include "modules/cache/state.h"
#include "modules/cache/turn.h"

namespace cache_module {

using exchange::Call;
using exchange::Exchange;
using exchange::Verdict;
using http::Name;

namespace {

/// Room behind the head of what is not small, so that a 304 with somewhat longer fields still fits.
constexpr size_t kRenewalRoom = 64;

cache::IgnoredFields ignored_fields(const Exchange& exchange) {
  const exchange::OriginRules* rules = exchange.origin.rules;
  if (rules == nullptr) return {};
  return {rules->ignores(exchange::kIgnoreExpires), rules->ignores(exchange::kIgnoreCacheControl),
          rules->ignores(exchange::kIgnorePlainExpires), rules->ignores(exchange::kIgnoreSetCookie),
          rules->ignores(exchange::kIgnoreVary)};
}

cache::FetchTimes fetch_times(const Exchange& exchange) {
  int64_t now = exchange.worker.clock().wall();
  if (exchange.origin.tries.empty()) return {now, now};
  int64_t took = exchange.worker.clock().now() - exchange.origin.tries.back().started;
  return {now - took, now};
}

/// What the response varies on, as the origin and as our own modules say.
std::string response_variance(Exchange& exchange, const http::Response& origin_head) {
  http::Fields both(exchange.arena);
  const http::Fields* said[] = {&origin_head.fields, &exchange.reply.head.fields};
  for (const http::Fields* fields : said) {
    for (const http::Field& field : *fields) {
      if (field.id == Name::vary) both.add(field);
    }
  }
  return cache::vary_list(both);
}

/// Where the response goes: the key's own place, or that of its variant, which a marker leads to. False: no
/// memory.
bool find_place(Exchange& exchange, CacheState& state, std::string_view variance, base::Digest& place) {
  place = state.digest;
  if (variance.empty()) return true;
  uint32_t now = static_cast<uint32_t>(exchange.worker.clock().wall_seconds());
  uint64_t salt = state.open->zone.store_marker(state.digest, state.key, variance, now, exchange.arena);
  if (salt == 0) return false;
  place = cache::variant_digest(state.digest, salt, variance, exchange.request.fields);
  state.salt = salt;
  return true;
}

/// What is stored of a response beside its body: `fields` under what `origin_head` says. Empty, or why it is
/// not.
std::string_view describe(Exchange& exchange, const CacheState& state, const cache::StoreDecision& decision,
                          const http::Response& origin_head, const cache::StoreRules& rules,
                          const http::Fields& fields, cache::Fill::Object& object) {
  http::CacheControl control = cache::response_directives(origin_head.fields, rules).control;
  std::vector<uint64_t> tags = cache::read_tags(origin_head.fields);
  if (tags.size() > cache::kMostTags) return "too-many-tags";
  object.head = cache::write_stored_marks(state.conf->key.empty() ? "" : uri_of(exchange), tags);
  object.head += cache::write_stored_head(fields, control);
  if (object.head.size() > cache::kMaxStoredHead) return "head-too-large";
  object.facts.freshness = decision.freshness;
  object.facts.stale_while_revalidate = decision.stale_while_revalidate;
  object.facts.stale_if_error = decision.stale_if_error;
  object.facts.flags = decision.flags;
  object.facts.set_mark(state.mark);
  return {};
}

/// Hands the response to a fill; its body is then read from the zone as it grows. Empty, or why not.
std::string_view store(Exchange& exchange, CacheState& state, const cache::StoreDecision& decision,
                       const http::Response& origin_head, const cache::StoreRules& rules) {
  http::Response& head = exchange.reply.head;
  cache::Fill::Object object;
  int64_t now = exchange.worker.clock().wall_seconds();
  std::string variance = rules.ignored.vary ? std::string() : response_variance(exchange, origin_head);
  if (!find_place(exchange, state, variance, object.digest)) return "no-memory";
  object.key = state.key;
  std::string_view why = describe(exchange, state, decision, origin_head, rules, head.fields, object);
  if (!why.empty()) return why;
  object.facts.status = static_cast<uint16_t>(head.status);
  if (head.framing == http::Framing::length) object.body_size = head.content_length;
  if (!variance.empty() && state.open->notes) {
    state.open->notes->add_variant(salted(state.digest, state.salt), object.digest, now);
  }
  if (state.renewed && renew_in_place(state, object.digest, object.facts, object.head)) return {};
  if (object.body_size.value_or(UINT64_MAX) > cache::Zone::kCopiedBody) {
    object.head.append(kRenewalRoom, static_cast<char>(cache::kHeadPadding));
  }
  bool has_body = exchange.reply.body != nullptr;
  if (!has_body) object.body_size = 0;
  cache::FlightRef flight = state.turn != nullptr ? state.turn->flight() : cache::FlightRef();
  http::BodyPtr reader =
      cache::Fill::start(state.open->fills, state.open->zone, std::move(object), exchange.reply.body, flight);
  if (!reader) return "no-memory";
  if (state.turn != nullptr) state.turn->take();
  if (has_body) exchange.reply.body = std::move(reader);
  return {};
}

/// RFC 9111 §4.3.5: what is stored takes over the fields of a HEAD response that agrees with it.
void take_over_head(Exchange& exchange, CacheState& state, const cache::StoreRules& rules) {
  const http::Response* merged = agree_with_head(exchange, state);
  if (merged == nullptr) return;
  cache::StoreDecision decision =
      cache::decide_store(exchange.request, *merged, rules, fetch_times(exchange));
  cache::Fill::Object object;
  object.facts.status = static_cast<uint16_t>(merged->status);
  bool fits =
      decision.store && describe(exchange, state, decision, *merged, rules, merged->fields, object).empty();
  if (fits) (void)renew_in_place(state, state.held->place, object.facts, object.head);
  // What it would be by now may not be kept (RFC 9111 §5.2.2.5).
  if (!decision.store) state.open->zone.purge(state.held->place);
}

void store_response(const Call& call, CacheState& state, const http::Response& origin_head) {
  Exchange& exchange = call.exchange;
  const CacheConf& conf = call.conf_as<CacheConf>();
  cache::StoreRules rules = conf.rules;
  rules.ignored = ignored_fields(exchange);
  rules.is_part = state.keeps_piece || is_wanted_part(exchange, origin_head);
  rules.heeds_request = conf.heeds_request;
  if (state.alone) {
    state.detail = "lock-timeout";
    return;
  }
  if (exchange::any_set(conf.no_cache, exchange)) {
    state.detail = "no-cache-rule";
    return;
  }
  if (exchange.request.method == http::Method::head && !conf.converts_head) {
    take_over_head(exchange, state, rules);
    state.detail = "head";  // RFC 9111 §3: without its content it could only answer HEAD
    return;
  }
  cache::StoreDecision decision =
      cache::decide_store(exchange.request, origin_head, rules, fetch_times(exchange));
  if (!decision.store) {
    state.detail = decision.why;
    return;
  }
  state.detail = store(exchange, state, decision, origin_head, rules);
  state.stored = state.detail.empty();
  if (!state.stored) return;
  state.ttl = decision.freshness.time_left(decision.freshness.received);
  state.has_ttl = true;
}

/// For explain: under the URI, whatever the key.
void note_refusal(Exchange& exchange, const CacheState& state, int status) {
  if (!state.open->notes) return;
  std::string_view uri = state.conf->key.empty() ? state.key : uri_of(exchange);
  state.open->notes->refuse(cache::uri_digest(uri), status, state.detail,
                            exchange.worker.clock().wall_seconds());
}

/// A failure says nothing of what the origin answers next: those who wait ask one after the other, and share
/// what comes as soon as it is well again.
bool is_passing(int status) { return status >= 500 || status == 408 || status == 429; }

/// What came takes its place in the zone, or says why not; those who wait for it are told.
void take_in(const Call& call, CacheState& state) {
  Exchange& exchange = call.exchange;
  // RFC 9110 §6.6.1: of one without Date, that of its receipt; nobody has added it where no client waits.
  http::Fields& fields = exchange.reply.head.fields;
  if (!fields.has(Name::date))
    fields.add(Name::date, exchange.arena.copy(exchange.worker.clock().http_date()));
  const http::Response* head = exchange.origin.head != nullptr ? exchange.origin.head : &exchange.reply.head;
  bool renewed = is_still_current(exchange, state);
  if (renewed) {
    select_by_304(exchange, state);
    state.renewed = true;
    head = state.held != nullptr ? renew(exchange, state) : nullptr;
    if (head == nullptr) {
      if (state.held != nullptr) state.open->zone.purge(state.held->place);
      exchange.answer(502);
      return;
    }
    state.outcome = cache::Outcome::revalidated;
    exchange.origin.cache_status = cache::outcome_text(state.outcome);
  }
  store_response(call, state, *head);
  // RFC 9111 §5.2.2.5, §5.2.2.7: what was stored before is not to be used either.
  if (renewed && (state.detail == "no-store" || state.detail == "private")) {
    state.open->zone.purge(state.held->place);
  }
  if (!state.stored) note_refusal(exchange, state, head->status);
  if (state.turn == nullptr || state.stored) return;
  if (is_passing(head->status)) {
    state.turn->fail();
  } else {
    state.turn->refuse();
  }
}

/// The origin was asked for the client's own range: what it gave is a piece that can be of use again.
void keep_piece(const Call& call, CacheState& state) {
  std::optional<PieceToKeep> piece = PieceToKeep::begin(call.exchange, state);
  if (!piece) return;
  state.keeps_piece = true;
  store_response(call, state, piece->decided());
  piece->end(call.exchange);
}

/// The origin was asked for the whole: what the client wanted of it is cut out here.
void answer_conditions(Exchange& exchange) {
  if (exchange.origin.part) return;  // the slice module does, of what the parts make up
  http::Response& head = exchange.reply.head;
  std::optional<uint64_t> size;
  if (head.framing == http::Framing::length) size = head.content_length;
  Content content = select_content(exchange, size);
  exchange.reply.body =
      cut_content(exchange, std::move(content), size.value_or(0), std::move(exchange.reply.body));
}

/// The key that a GET of `target` would have on the same host.
std::string_view key_of_target(Exchange& exchange, const CacheState& state, std::string_view target) {
  http::Request& request = exchange.request;
  std::string_view kept[] = {request.target, request.path, request.query};
  size_t question = target.find('?');
  request.target = target;
  request.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  bool sound = http::normalise_path(target.substr(0, question), true, exchange.arena, request.path);
  exchange.forget_cached_variables();
  std::string_view key = sound ? exchange.arena.copy(make_key(exchange, *state.conf)) : std::string_view();
  exchange.forget_cached_variables();
  request.target = kept[0];
  request.path = kept[1];
  request.query = kept[2];
  return key;
}

/// RFC 9111 §4.4: what the answer names in Location or Content-Location goes too, on the same host only.
/// Other relative forms than an absolute path are passed over.
void invalidate_named(Exchange& exchange, const CacheState& state, Name name) {
  std::string_view uri = exchange.origin.head != nullptr ? exchange.origin.head->fields.get(name)
                                                         : exchange.reply.head.fields.get(name);
  uri = uri.substr(0, uri.find('#'));
  std::string origin = fmt::format("{}://{}", exchange.request.scheme, exchange.request.authority);
  if (base::starts_ignoring_case(uri, origin)) uri.remove_prefix(origin.size());
  if (!uri.starts_with('/') || uri.starts_with("//")) return;
  std::string_view key = key_of_target(exchange, state, uri);
  if (!key.empty()) state.open->zone.purge(state.open->zone.digest(key));
}

/// RFC 9111 §4.4: a successful unsafe request makes what is stored under its target doubtful.
void invalidate(Exchange& exchange, const CacheState& state) {
  int status = exchange.reply.head.status;
  if (http::is_safe(exchange.request.method) || status < 200 || status > 399) return;
  state.open->zone.purge(state.digest);
  invalidate_named(exchange, state, Name::location);
  invalidate_named(exchange, state, Name::content_location);
}

void tell(Exchange& exchange, const CacheState& state) {
  http::Fields& fields = exchange.reply.head.fields;
  if (state.outcome != cache::Outcome::none) fields.set(Name::x_cache, cache::outcome_text(state.outcome));
  cache::CacheStatus status;
  status.outcome = state.outcome;
  status.fwd = state.fwd;
  if (state.has_ttl) status.ttl = state.ttl;
  if (!state.fwd.empty() && exchange.origin.head != nullptr) {
    status.fwd_status = exchange.origin.head->status;
  }
  status.stored = state.stored;
  status.collapsed = state.collapsed;
  status.detail = state.detail;
  if (state.conf->tells_key) status.key = state.key;
  // RFC 9211 §2: our member comes after those of caches nearer the origin.
  fields.add(Name::cache_status, cache::print_cache_status(status, exchange.arena));
}

}  // namespace

void store_and_tell(const Call& call) {
  Exchange& exchange = call.exchange;
  CacheState& state = exchange.state<CacheState>(call.module);
  if (state.route == nullptr || state.route != exchange.route) return;
  if (exchange.reply.source == exchange::Reply::Source::origin) {
    if (state.cacheable) {
      if (state.by_range) {
        keep_piece(call, state);
      } else {
        take_in(call, state);
      }
      bool reads =
          exchange.request.method == http::Method::get || exchange.request.method == http::Method::head;
      if (reads && !state.by_range) answer_conditions(exchange);
    } else {
      invalidate(exchange, state);
    }
  }
  if (state.turn != nullptr) state.turn->fail();
  if (state.conf->tells_status) tell(exchange, state);
}

}  // namespace cache_module
