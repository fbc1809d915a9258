// What may be stored and what may be used: the decisions of RFC 9111 §3 and §4 as pure functions, every rule
// with its place. Knows nothing of memory, zones or exchanges.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/freshness.h"
#include "http/cache_control.h"
#include "http/message.h"

namespace cache {

/// What a stored response demands of its use.
enum UseFlags : uint8_t {
  kNoCache = 1 << 0,         ///< validate before every use (RFC 9111 §5.2.2.4)
  kMustRevalidate = 1 << 1,  ///< never use it stale (§5.2.2.2, §5.2.2.8)
  kImmutable = 1 << 2,       ///< RFC 8246
  kValidator = 1 << 3,   ///< it has an ETag or Last-Modified: the origin can be asked whether it is current
  kNamedStale = 1 << 4,  ///< by s-maxage (§5.2.2.10): stale only as its own RFC 5861 directives say
};

/// What a route says about storing.
struct StoreRules {
  std::vector<ValidRule> valid;
  IgnoredFields ignored;
  /// What is stored can be validated: then also what may only be used after that is worth storing.
  bool revalidates = false;
  /// The response is one part of a representation, stored as such under a key of its own (slice).
  bool is_part = false;
  /// The request's no-store counts.
  bool heeds_request = true;
  /// Targeted fields that are for this cache (RFC 9213 §2.2), the most specific first.
  std::vector<std::string> targets = {"CDN-Cache-Control"};
};

/// The directives of a response that hold for this cache: those of the first targeted field that is there and
/// sound, else Cache-Control (RFC 9213 §2.2). All absent where Cache-Control is ignored.
struct Directives {
  http::CacheControl control;
  bool targeted = false;  ///< then Expires does not count either
};
Directives response_directives(const http::Fields& fields, const StoreRules& rules);

/// Whether a response has a validator the origin can be asked about (RFC 9110 §8.8).
bool has_validator(const http::Fields& fields);

/// Whether a response is stored, and what is remembered of it.
struct StoreDecision {
  bool store = false;
  std::string_view why;  ///< when it is not: a word for Cache-Status "detail" and explain
  Freshness freshness;
  uint8_t flags = 0;  ///< UseFlags
  uint32_t stale_while_revalidate = 0;
  uint32_t stale_if_error = 0;
};

/// RFC 9111 §3. The method was found cacheable by the caller (proxy_cache_methods). A response that could
/// never be used without asking the origin again (stale on arrival, no-cache) is stored only where that can
/// be asked with a validator.
StoreDecision decide_store(const http::Request& request, const http::Response& response,
                           const StoreRules& rules, FetchTimes times);

/// Whether the stored response may hold a field (RFC 9111 §3.1): not what is for one connection or for a
/// proxy login, not what no-cache="…" and private="…" name, not what the cache itself tells anew (Age,
/// framing).
bool is_stored_field(const http::Field& field, const http::Fields& all, const http::CacheControl& control);

/// How a stored response may be used for a request.
enum class Use : uint8_t {
  fresh,       ///< as it is
  stale,       ///< as it is, though stale: the request's max-stale allows it
  expired,     ///< not without asking the origin: it is stale
  disallowed,  ///< not without asking the origin: the request's (or the response's) directives say so
};

/// RFC 9111 §4 with the request's directives (§5.2.1). `request` is its parsed Cache-Control, see
/// request_control().
Use decide_use(const http::CacheControl& request, const Freshness& freshness, uint8_t flags, int64_t now);

/// RFC 5861 §3: whether a stale response may be used while it is validated. `window`: its
/// stale-while-revalidate. `any`: however stale it is (proxy_cache_use_stale updating).
bool allows_while_revalidating(const http::CacheControl& request, const Freshness& freshness, uint8_t flags,
                               uint32_t window, bool any, int64_t now);

/// RFC 5861 §4, RFC 9111 §4.2.4: whether it may be used because the origin failed. `window`: its
/// stale-if-error. `any`: however stale it is (proxy_cache_use_stale).
bool allows_on_error(const http::CacheControl& request, const Freshness& freshness, uint8_t flags,
                     uint32_t window, bool any, int64_t now);

/// The request's Cache-Control; without one, `Pragma: no-cache` counts (RFC 9111 §5.4).
http::CacheControl request_control(const http::Fields& fields);

}  // namespace cache
