// What may be stored and what may be used: the decisions of RFC 9111 §3 and §4 as pure functions, every rule
// with its place. Knows nothing of memory, zones or exchanges.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cache/freshness.h"
#include "http/cache_control.h"
#include "http/message.h"

namespace cache {

/// What a stored response demands of its use.
enum UseFlags : uint8_t {
  kNoCache = 1 << 0,         ///< validate before every use (RFC 9111 §5.2.2.4)
  kMustRevalidate = 1 << 1,  ///< never use it stale (§5.2.2.2, §5.2.2.8, §5.2.2.10)
  kImmutable = 1 << 2,       ///< RFC 8246
};

/// What a route says about storing.
struct StoreRules {
  std::vector<ValidRule> valid;
  IgnoredFields ignored;
};

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
/// never be used without asking the origin again (stale on arrival, no-cache) is not stored: nothing
/// revalidates yet.
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

/// The request's Cache-Control; without one, `Pragma: no-cache` counts (RFC 9111 §5.4).
http::CacheControl request_control(const http::Fields& fields);

}  // namespace cache
