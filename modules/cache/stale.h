// Stale responses that are given all the same: because the origin fails (RFC 5861 §4, RFC 9111 §4.2.4), or
// while it is asked in the background (RFC 5861 §3).
#pragma once

#include "modules/cache/find.h"

namespace cache_module {

/// Origin::stand_in: answers with what is held, where the failure and the response allow that.
bool answer_instead(exchange::Exchange& exchange);

/// Whether `candidate`, which has expired, may be given while it is validated, and somebody validates it:
/// this call starts that, unless it is under way. The outcome (STALE, UPDATING) goes to `outcome`.
bool is_updated_meanwhile(exchange::Exchange& exchange, CacheState& state, const Candidate& candidate,
                          const http::CacheControl& request, cache::Outcome& outcome);

}  // namespace cache_module
