// How long a response may be used and how old it is (RFC 9111 §4.2). Pure functions: numbers in, numbers out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "http/cache_control.h"
#include "http/message.h"

namespace cache {

/// Which rule gave the freshness lifetime.
enum class Basis : uint8_t { none, x_accel_expires, s_maxage, max_age, expires, valid_rule, heuristic };

/// Response fields that are read as if they were absent (proxy_ignore_headers).
struct IgnoredFields {
  bool x_accel_expires = false;
  bool cache_control = false;
  bool expires = false;
  bool set_cookie = false;
  bool vary = false;
};

/// proxy_cache_valid: how long responses live that say nothing themselves.
struct ValidRule {
  int status = 0;  ///< 0: any
  uint32_t seconds = 0;
};

/// The clock at both ends of a fetch, milliseconds since 1970.
struct FetchTimes {
  int64_t requested = 0;
  int64_t received = 0;
};

/// A stored response's time: all that is needed to tell its age and whether it is fresh at any later moment.
struct Freshness {
  int64_t received = 0;      ///< seconds since 1970
  int64_t date = 0;          ///< the response's Date, or when it was received: seconds since 1970
  uint32_t initial_age = 0;  ///< corrected_initial_age, seconds
  uint32_t lifetime = 0;     ///< freshness_lifetime, seconds
  Basis basis = Basis::none;

  /// current_age in seconds (RFC 9111 §4.2.3). A clock that was set back does not make it younger than it
  /// came.
  uint32_t age(int64_t now) const;
  /// RFC 9111 §4.2: fresh while the lifetime exceeds the current age.
  bool is_fresh(int64_t now) const { return lifetime > age(now); }
  /// Seconds of freshness left; negative when stale (the ttl of RFC 9211 §2.4).
  int64_t time_left(int64_t now) const { return int64_t{lifetime} - age(now); }
};

/// A heuristic lifetime is this part of the time since Last-Modified (RFC 9111 §4.2.2 suggests a tenth) …
inline constexpr uint32_t kHeuristicPart = 10;
/// … and at most a day.
inline constexpr uint32_t kHeuristicCap = 86400;

/// Whether RFC 9110 §15.1 lets a response with this status be reused without explicit freshness.
bool is_heuristically_cacheable(int status);

/// Freshness of a response. `control` is its parsed Cache-Control (all absent when ignored).
Freshness compute_freshness(const http::Response& response, const http::CacheControl& control,
                            const std::vector<ValidRule>& valid, const IgnoredFields& ignored,
                            FetchTimes times);

/// Age as received: the first member when it is a list; 0 when it is no non-negative integer (RFC 9111 §5.1).
uint32_t parse_age(std::string_view text);

}  // namespace cache
