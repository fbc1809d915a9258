// When another peer is asked: the rules of proxy_next_upstream, as a table without state.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/units.h"
#include "http/client.h"
#include "http/message.h"

namespace upstream {

/// What went wrong with a try, in proxy_next_upstream's words. A set of them is a mask.
enum Trouble : uint32_t {
  kNoTrouble = 0,
  kError = 1u << 0,
  kTimeout = 1u << 1,
  kInvalidHeader = 1u << 2,
  kHttp500 = 1u << 3,
  kHttp502 = 1u << 4,
  kHttp503 = 1u << 5,
  kHttp504 = 1u << 6,
  kHttp403 = 1u << 7,
  kHttp404 = 1u << 8,
  kHttp429 = 1u << 9,
  kNonIdempotent = 1u << 10,  ///< not a trouble: allows repeating what is not idempotent
};

struct RetryRules {
  uint32_t on = kError | kTimeout;  ///< proxy_next_upstream; 0: off
  uint32_t tries = 0;               ///< proxy_next_upstream_tries; 0: no limit
  base::Duration timeout{0};        ///< proxy_next_upstream_timeout; 0: no limit
};

/// "error", "http_502", …; 0 for a word that is none of them.
uint32_t find_trouble(std::string_view word);

Trouble trouble_of(http::OriginFault fault);
/// Only the statuses that proxy_next_upstream can name.
Trouble trouble_of_status(int status);
/// The status a client gets for a try that brought no response: 502, 504, or 499 when it was the client who
/// left.
int status_of(http::OriginFault fault);

/// What is known when a try has ended.
struct TryEnd {
  Trouble trouble = kNoTrouble;
  bool was_sent = false;             ///< a connection was there and the request began to go out
  bool repeatable = true;            ///< the request's body is there from its start again
  bool idempotent = true;            ///< RFC 9110 §9.2.2
  bool counts_as_idempotent = true;  ///< nginx: not POST, LOCK, PATCH
  uint32_t tries_left = 0;           ///< peers that may still be asked
  base::Duration elapsed{0};         ///< since the first try began
};

/// Whether another peer is asked.
bool asks_another(const RetryRules& rules, const TryEnd& end);

/// Whether a request goes out once more to the same peer: the origin did nothing with it (RFC 9113 §8.7), or
/// its pooled connection turned out to be closed while it was idle, and the origin said nothing and either
/// got nothing or may get it twice (RFC 9110 §9.2.2, RFC 9112 §9.3.1). `bytes_sent`, `bytes_received`: on
/// that connection for this request.
bool repeats_stale(http::OriginFault fault, bool from_pool, uint64_t bytes_sent, uint64_t bytes_received,
                   const TryEnd& end);

/// nginx's idea, for `non_idempotent`: POST, LOCK and PATCH are not.
bool counts_as_idempotent(std::string_view method);

}  // namespace upstream
