// The stages of a lookup, for those that find something later than the first look: on disk, or in another's
// fetch.
//
//   find      what is stored in memory (find.h); synchronous, and a hit is answered without a coroutine
//   use       standing purges, then the decision (RFC 9111 §4), then the answer; the same for whoever found
//   it …         what has to be waited for: exchange::deferred() of a coroutine that ends with use() or
//   forward() forward   nothing answers: the origin is asked
#pragma once

#include "modules/cache/find.h"

namespace cache_module {

/// The request's directives, where they are heeded.
http::CacheControl request_directives(const exchange::Exchange& exchange, const CacheConf& conf);

/// Decides what `candidate` is good for and answers with it where it may be used: Verdict::reply. Otherwise
/// Verdict::next, and `state` holds what forward() tells.
exchange::Verdict use(exchange::Exchange& exchange, CacheState& state, Candidate candidate);

/// The origin is asked: Verdict::next; or 504 where the request forbids it (RFC 9111 §5.2.1.7).
exchange::Verdict forward(exchange::Exchange& exchange, CacheState& state);

}  // namespace cache_module
