#include "cache/policy.h"

#include <algorithm>

#include "base/text.h"

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

}  // namespace

http::CacheControl request_control(const http::Fields& fields) {
  http::CacheControl control = http::parse_cache_control(fields);
  if (!fields.has(http::Name::cache_control) && fields.has(http::Name::pragma)) {
    base::split(fields.combined(http::Name::pragma), ',', [&control](std::string_view part) {
      if (base::equals_ignoring_case(part, "no-cache")) control.present = control.no_cache = true;
    });
  }
  return control;
}

StoreDecision decide_store(const http::Request& request, const http::Response& response,
                           const StoreRules& rules, FetchTimes times) {
  // §3: the response is final; a part of a representation is not stored, a 304 only updates what is stored.
  if (response.status < 200) return refuse("interim");
  if (response.status == 206 || response.status == 304 || response.status == 416) return refuse("partial");
  if (response.fields.has(http::Name::content_range)) return refuse("partial");
  if (request_control(request.fields).no_store) return refuse("request-no-store");  // §5.2.1.5

  http::CacheControl control =
      rules.ignored.cache_control ? http::CacheControl() : http::parse_cache_control(response.fields);
  // §5.2.2.3: must-understand lets no-store be ignored by who understands the status, and forbids all others.
  if (control.must_understand && !is_understood(response.status)) return refuse("must-understand");
  if (control.no_store && !control.must_understand) return refuse("no-store");  // §5.2.2.5
  if (control.is_private) return refuse("private");  // §5.2.2.7: this cache is shared
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

  StoreDecision decision;
  decision.freshness = compute_freshness(response, control, rules.valid, rules.ignored, times);
  if (decision.freshness.basis == Basis::none) return refuse("no-freshness");  // §3, last condition
  if (control.no_cache && decision.freshness.basis != Basis::x_accel_expires) return refuse("no-cache");
  if (!decision.freshness.is_fresh(decision.freshness.received)) return refuse("stale-on-arrival");
  if (control.no_cache) decision.flags |= kNoCache;
  // §5.2.2.10: s-maxage has the meaning of proxy-revalidate.
  if (control.must_revalidate || control.proxy_revalidate || control.s_maxage)
    decision.flags |= kMustRevalidate;
  if (control.immutable) decision.flags |= kImmutable;
  decision.stale_while_revalidate = control.stale_while_revalidate.value_or(0);
  decision.stale_if_error = control.stale_if_error.value_or(0);
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
  if ((flags & kMustRevalidate) == 0) {
    if (request.max_stale_any) return Use::stale;
    int64_t staleness = std::max<int64_t>(0, -freshness.time_left(now));
    if (too_old) staleness = std::max(staleness, int64_t{age} - *request.max_age);
    if (request.max_stale && staleness <= int64_t{*request.max_stale}) return Use::stale;
  }
  return fresh ? Use::disallowed : Use::expired;
}

}  // namespace cache
