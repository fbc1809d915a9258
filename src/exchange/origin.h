// What was asked of origins in this exchange: one Try per peer asked. Read by $upstream_* variables and
// hooks.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "http/fields.h"

namespace exchange {

class Exchange;

/// One peer that was asked.
struct OriginTry {
  std::string_view address;  ///< $upstream_addr; the peer's name lives in the configuration
  int status = 0;            ///< $upstream_status; 0: none came
  http::OriginFault fault = http::OriginFault::none;
  base::MonoTime started = 0;
  int64_t connect_ms = -1;       ///< $upstream_connect_time
  int64_t header_ms = -1;        ///< $upstream_header_time
  int64_t response_ms = -1;      ///< $upstream_response_time: until the body's end
  uint64_t bytes_received = 0;   ///< $upstream_bytes_received
  uint64_t bytes_sent = 0;       ///< $upstream_bytes_sent
  uint64_t response_length = 0;  ///< $upstream_response_length
};

/// Response fields whose processing proxy_ignore_headers switches off.
enum Ignored : uint32_t {
  kIgnoreRedirect = 1,
  kIgnoreExpires = 2,  ///< X-Accel-Expires
  kIgnoreLimitRate = 4,
  kIgnoreBuffering = 8,
  kIgnoreCharset = 16,
  kIgnorePlainExpires = 32,
  kIgnoreCacheControl = 64,
  kIgnoreSetCookie = 128,
  kIgnoreVary = 256,
};

/// What the configuration says about the origin's side that others than who fetches must know.
struct OriginRules {
  uint32_t ignored = 0;                                             ///< of Ignored
  std::bitset<static_cast<size_t>(http::Name::count_)> sets_field;  ///< it sends these itself, whatever came

  bool ignores(Ignored field) const { return (ignored & field) != 0; }
  bool sets(http::Name name) const { return sets_field.test(static_cast<size_t>(name)); }
};

/// Bytes first to last of a representation, both included.
struct OriginPart {
  uint64_t first = 0;
  uint64_t last = 0;
};

/// The origin's side of an exchange.
struct Origin {
  std::vector<OriginTry> tries;
  const OriginRules* rules = nullptr;      ///< of the last request; null: none was made
  http::OriginRequest* request = nullptr;  ///< while one is being made: on_upstream_request may change it
  http::Response* head = nullptr;          ///< the last response head, as it came: $upstream_http_*
  const http::Fields* trailers = nullptr;  ///< $upstream_trailer_*
  std::string_view cache_status;           ///< $upstream_cache_status: HIT, MISS, …
  /// The one part this exchange asks for, whatever Range its client sent (slice). None: as the client asks.
  std::optional<OriginPart> part;
  /// Who may answer instead of an origin that failed, asked once all tries are over and before the failure
  /// becomes the reply; `tries` and `head` say how it failed. True: the reply is made. Null: nobody.
  bool (*stand_in)(Exchange& exchange) = nullptr;
};

}  // namespace exchange
