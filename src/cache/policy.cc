#include "cache/policy.h"

#include <algorithm>

#include "base/text.h"
#include "http/conditionals.h"
#include "http/dates.h"
#include "http/structured.h"

namespace cache {

namespace {

bool names(const std::vector<std::string_view>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [name](std::string_view item) { return base::equals_ignoring_case(item, name); });
}

/// The status codes of which this cache implements what caching demands: those of RFC 9110 that are complete
/// answers (RFC 9111 §3: "the response status code is understood").
bool is_understood(int status) {
  switch (status) {
    case 200:
    case 203:
    case 204:
    case 300:
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
    case 400:
    case 403:
    case 404:
    case 405:
    case 410:
    case 414:
    case 451:
    case 500:
    case 501:
    case 502:
    case 503:
    case 504: return true;
    default: return false;
  }
}

StoreDecision refuse(std::string_view why) {
  StoreDecision decision;
  decision.why = why;
  return decision;
}

/// Vary: * never matches a later request (RFC 9111 §4.1).
bool varies_on_everything(const http::Fields& fields) {
  bool any = false;
  for (const http::Field& field : fields) {
    if (field.id == http::Name::vary)
      base::split(field.value, ',', [&any](std::string_view part) { any |= part == "*"; });
  }
  return any;
}

namespace sf = http::structured;

/// A directive without an argument: RFC 9213 §2.1 writes it as Boolean true. no-cache and private may name
/// fields in a String.
void set_flag(bool& flag, const sf::Value& value) {
  if (const bool* given = std::get_if<bool>(&value)) flag = *given;
}

void set_fields(bool& flag, std::vector<std::string_view>& names_of, const sf::Value& value,
                base::Arena& arena) {
  set_flag(flag, value);
  const std::string* list = std::get_if<std::string>(&value);
  if (list == nullptr) return;
  base::split(arena.copy(*list), ',', [&names_of](std::string_view name) { names_of.push_back(name); });
}

/// Seconds are an Integer; anything else is passed over (RFC 9213 §2.1).
void set_seconds(std::optional<uint32_t>& seconds, const sf::Value& value) {
  const int64_t* given = std::get_if<int64_t>(&value);
  if (given == nullptr) return;
  seconds = static_cast<uint32_t>(std::clamp<int64_t>(*given, 0, http::kMaxDeltaSeconds));
}

void set_directive(http::CacheControl& control, std::string_view name, const sf::Value& value,
                   base::Arena& arena) {
  if (name == "no-store") set_flag(control.no_store, value);
  if (name == "no-cache") set_fields(control.no_cache, control.no_cache_fields, value, arena);
  if (name == "private") set_fields(control.is_private, control.private_fields, value, arena);
  if (name == "public") set_flag(control.is_public, value);
  if (name == "must-revalidate") set_flag(control.must_revalidate, value);
  if (name == "proxy-revalidate") set_flag(control.proxy_revalidate, value);
  if (name == "must-understand") set_flag(control.must_understand, value);
  if (name == "no-transform") set_flag(control.no_transform, value);
  if (name == "immutable") set_flag(control.immutable, value);
  if (name == "max-age") set_seconds(control.max_age, value);
  if (name == "s-maxage") set_seconds(control.s_maxage, value);
  if (name == "stale-while-revalidate") set_seconds(control.stale_while_revalidate, value);
  if (name == "stale-if-error") set_seconds(control.stale_if_error, value);
}

/// False when the field is absent, empty or no Dictionary: then it does not count (RFC 9213 §2.1).
bool read_targeted(const http::Fields& fields, std::string_view name, http::CacheControl& control) {
  if (fields.find(name) == nullptr) return false;
  std::optional<sf::Dictionary> members = sf::parse_dictionary(fields.combined(name));
  if (!members || members->empty()) return false;
  control.present = true;
  for (const auto& [key, member] : *members) {
    if (!member.list) set_directive(control, key, member.item.value, fields.arena());
  }
  return true;
}

/// How long it has been stale; none or less: not at all.
int64_t staleness(const Freshness& freshness, int64_t now) { return -freshness.time_left(now); }

/// Never used without validation: no-cache (§5.2.2.4), must-revalidate and its like (§5.2.2.2).
bool forbids_stale(const Freshness& freshness, uint8_t flags) {
  bool no_cache = (flags & kNoCache) != 0 && freshness.basis != Basis::x_accel_expires;
  return no_cache || (flags & kMustRevalidate) != 0;
}

}  // namespace

Directives response_directives(const http::Fields& fields, const StoreRules& rules) {
  Directives directives;
  if (rules.ignored.cache_control) return directives;
  for (const std::string& target : rules.targets) {
    directives.targeted = read_targeted(fields, target, directives.control);
    if (directives.targeted) return directives;
  }
  directives.control = http::parse_cache_control(fields);
  return directives;
}

bool has_validator(const http::Fields& fields) {
  if (fields.has(http::Name::etag) && http::is_etag(fields.get(http::Name::etag))) return true;
  return fields.has(http::Name::last_modified) &&
         http::parse_date(fields.get(http::Name::last_modified), 0).has_value();
}

bool allows_while_revalidating(const http::CacheControl& request, const Freshness& freshness, uint8_t flags,
                               uint32_t window, bool any, int64_t now) {
  if (forbids_stale(freshness, flags) || request.no_cache || request.min_fresh) return false;
  // RFC 9111 §5.2.1.1: who asks for max-age does not wish for a stale response.
  if (request.max_age && freshness.age(now) > *request.max_age) return false;
  if (any && (flags & kNamedStale) == 0) return true;
  return window > 0 && staleness(freshness, now) <= int64_t{window};
}

bool allows_on_error(const http::CacheControl& request, const Freshness& freshness, uint8_t flags,
                     uint32_t window, bool any, int64_t now) {
  if (forbids_stale(freshness, flags) || request.no_cache) return false;
  int64_t stale = staleness(freshness, now);
  if (freshness.is_fresh(now) || (window > 0 && stale <= int64_t{window})) return true;
  if ((flags & kNamedStale) != 0) return false;
  return any || (request.stale_if_error && stale <= int64_t{*request.stale_if_error});
}

http::CacheControl request_control(const http::Fields& fields) {
  http::CacheControl control = http::parse_cache_control(fields);
  if (!fields.has(http::Name::cache_control) && fields.has(http::Name::pragma)) {
    base::split(fields.combined(http::Name::pragma), ',', [&control](std::string_view part) {
      if (base::equals_ignoring_case(part, "no-cache")) control.present = control.no_cache = true;
    });
  }
  return control;
}

namespace {

/// Why a response that may be stored would never be used; empty: it may be.
std::string_view reason_not_to_keep(int status, const http::CacheControl& control,
                                    const StoreDecision& decision, bool is_validated) {
  const Freshness& freshness = decision.freshness;
  if (freshness.basis == Basis::none) {  // §3, last condition
    bool reusable = is_heuristically_cacheable(status) || control.is_public;
    return is_validated && reusable ? "" : "no-freshness";
  }
  if (is_validated) return {};
  if (control.no_cache && freshness.basis != Basis::x_accel_expires) return "no-cache";
  bool useful_stale = (decision.flags & kMustRevalidate) == 0 &&
                      (decision.stale_while_revalidate > 0 || decision.stale_if_error > 0);
  return useful_stale || freshness.is_fresh(freshness.received) ? "" : "stale-on-arrival";
}

}  // namespace

StoreDecision decide_store(const http::Request& request, const http::Response& response,
                           const StoreRules& rules, FetchTimes times) {
  // §3: the response is final; a part of a representation is not stored, a 304 only updates what is stored.
  if (response.status < 200) return refuse("interim");
  bool is_part = rules.is_part && response.status == 206;
  if (response.status == 206 && !is_part) return refuse("partial");
  if (response.status == 304 || response.status == 416) return refuse("partial");
  if (response.fields.has(http::Name::content_range) && !is_part) return refuse("partial");
  if (rules.heeds_request && request_control(request.fields).no_store)
    return refuse("request-no-store");  // §5.2.1.5

  Directives directives = response_directives(response.fields, rules);
  const http::CacheControl& control = directives.control;
  // §5.2.2.3: must-understand lets no-store be ignored by who understands the status, and forbids all others.
  if (control.must_understand && !is_understood(response.status)) return refuse("must-understand");
  IgnoredFields ignored = rules.ignored;
  ignored.expires = ignored.expires || directives.targeted;  // RFC 9213 §2.2
  StoreDecision decision;
  decision.freshness = compute_freshness(response, control, rules.valid, ignored, times);
  Basis basis = decision.freshness.basis;
  // As nginx: X-Accel-Expires is the origin's word to this very cache, so what Cache-Control tells all caches
  // about storing does not count beside it (RFC 9213 §2.2 gives targeted fields the same rank).
  bool is_ours = basis == Basis::x_accel_expires;
  if (control.no_store && !control.must_understand && !is_ours) return refuse("no-store");  // §5.2.2.5
  if (control.is_private && !is_ours) return refuse("private");  // §5.2.2.7: this cache is shared
  // §3.5: a reply to an authenticated request only where the response allows it in so many words.
  if (request.fields.has(http::Name::authorization) && !control.must_revalidate && !control.is_public &&
      !control.s_maxage) {
    return refuse("authorization");
  }
  if (!rules.ignored.vary && varies_on_everything(response.fields)) return refuse("vary-any");
  // §7.3 leaves it to us; as nginx: a cookie for one user is not given to all, unless it is not stored
  // itself.
  if (response.fields.has(http::Name::set_cookie) && !rules.ignored.set_cookie &&
      !names(control.no_cache_fields, "set-cookie") && !names(control.private_fields, "set-cookie")) {
    return refuse("set-cookie");
  }

  if (control.no_cache) decision.flags |= kNoCache;
  if (control.must_revalidate || control.proxy_revalidate) decision.flags |= kMustRevalidate;
  // §5.2.2.10: s-maxage has the meaning of proxy-revalidate; a response that names a time for which it may be
  // used stale nevertheless (RFC 5861) means that.
  if (control.s_maxage) decision.flags |= kNamedStale;
  if (control.immutable) decision.flags |= kImmutable;
  bool is_validated = rules.revalidates && has_validator(response.fields);
  if (is_validated) decision.flags |= kValidator;
  decision.stale_while_revalidate = control.stale_while_revalidate.value_or(0);
  decision.stale_if_error = control.stale_if_error.value_or(0);
  decision.why = reason_not_to_keep(response.status, control, decision, is_validated);
  if (!decision.why.empty()) return decision;
  // nginx: a lifetime of 0 that is not the response's own means "not here".
  if (decision.freshness.lifetime == 0 && (basis == Basis::x_accel_expires || basis == Basis::valid_rule))
    return refuse("no-lifetime");
  decision.store = true;
  return decision;
}

bool is_stored_field(const http::Field& field, const http::Fields& all, const http::CacheControl& control) {
  switch (field.id) {
    case http::Name::connection:
    case http::Name::keep_alive:
    case http::Name::proxy_connection:
    case http::Name::te:
    case http::Name::transfer_encoding:
    case http::Name::upgrade:
    case http::Name::proxy_authenticate:
    case http::Name::proxy_authorization:
    case http::Name::age:
    case http::Name::content_length:
    case http::Name::x_cache:
    case http::Name::x_accel_buffering:
    case http::Name::x_accel_charset:
    case http::Name::x_accel_expires:
    case http::Name::x_accel_limit_rate:
    case http::Name::x_accel_redirect: return false;
    default: break;
  }
  if (base::equals_ignoring_case(field.name, "proxy-authentication-info")) return false;
  if (all.has(http::Name::connection)) {
    bool named = false;
    base::split(all.combined(http::Name::connection), ',',
                [&](std::string_view option) { named |= base::equals_ignoring_case(option, field.name); });
    if (named) return false;
  }
  // §5.2.2.4, §5.2.2.7: the qualified forms let the rest be stored without these fields.
  return !names(control.no_cache_fields, field.name) && !names(control.private_fields, field.name);
}

Use decide_use(const http::CacheControl& request, const Freshness& freshness, uint8_t flags, int64_t now) {
  bool fresh = freshness.is_fresh(now);
  if ((flags & kNoCache) != 0 && freshness.basis != Basis::x_accel_expires) return Use::disallowed;
  if (!request.present) return fresh ? Use::fresh : Use::expired;

  if (request.no_cache) return Use::disallowed;  // §5.2.1.4
  uint32_t age = freshness.age(now);
  // §5.2.1.1: no older than max-age, but for what max-stale grants.
  bool too_old = request.max_age && age > *request.max_age;
  // §5.2.1.3: it has to stay fresh for so long.
  if (request.min_fresh && freshness.time_left(now) < int64_t{*request.min_fresh}) return Use::disallowed;
  if (fresh && !too_old) return Use::fresh;
  if (fresh && !request.max_stale_any && !request.max_stale) return Use::disallowed;
  // §5.2.1.2, never against §5.2.2.2.
  if ((flags & (kMustRevalidate | kNamedStale)) == 0) {
    if (request.max_stale_any) return Use::stale;
    int64_t staleness = std::max<int64_t>(0, -freshness.time_left(now));
    if (too_old) staleness = std::max(staleness, int64_t{age} - *request.max_age);
    if (request.max_stale && staleness <= int64_t{*request.max_stale}) return Use::stale;
  }
  return fresh ? Use::disallowed : Use::expired;
}

}  // namespace cache
