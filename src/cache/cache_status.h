// What a cache says of itself in a response: Cache-Status (RFC 9211) and the short words of X-Cache and
// $upstream_cache_status.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arena.h"

namespace cache {

/// How the cache took part.
enum class Outcome : uint8_t { none, hit, miss, bypass, expired, stale, updating, revalidated };

/// "HIT", "MISS", …; empty for none.
std::string_view outcome_text(Outcome outcome);

/// One member of Cache-Status.
struct CacheStatus {
  Outcome outcome = Outcome::none;
  std::optional<int64_t> ttl;  ///< seconds of freshness left; negative: stale for so long
  int fwd_status = 0;          ///< the origin's status, 0: not known
  bool stored = false;         ///< the response is being stored
  bool collapsed = false;      ///< joined another request's fetch
  std::string_view fwd;        ///< why it was forwarded: uri-miss, vary-miss, stale, request, bypass, method
  std::string_view key;        ///< any text; one that is not printable ASCII is left out
  std::string_view detail;     ///< a token
};

/// "Proxycache; hit; ttl=30", in the arena.
std::string_view print_cache_status(const CacheStatus& status, base::Arena& arena);

}  // namespace cache
