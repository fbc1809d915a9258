// What this module knows of one exchange, from its lookup to its response. Zeroed memory in the exchange's
// arena.
#pragma once

#include "base/hash.h"
#include "cache/cache_status.h"
#include "exchange/exchange.h"
#include "modules/cache/cache.h"
#include "modules/cache/worker_zones.h"

namespace cache_module {

struct Candidate;

struct CacheState {
  const exchange::Route* route;  ///< for which all of this holds; an internal redirect starts anew
  const CacheConf* conf;         ///< of that route
  OpenZone* open;
  std::string_view key;
  uint64_t mark;        ///< what purges are older than a fetch that starts now
  base::Digest digest;  ///< of the key: the place of the response, or of the marker of its variants
  Candidate* held;  ///< what is stored but may not be used as it is: the origin is asked about it. Or null
  cache::Outcome outcome;
  std::string_view fwd;     ///< why the origin is asked (RFC 9211 §2.2); empty: it is not
  std::string_view detail;  ///< a word more
  int64_t ttl;              ///< freshness left of what was served or stored; with has_ttl
  bool has_ttl;
  bool cacheable;  ///< the method is one that is looked up and stored
  bool found;      ///< there was an object, whatever became of it
  bool stored;
  bool collapsed;
  bool only_if_cached;  ///< the request says so (RFC 9111 §5.2.1.7)
};

/// The hook on_request: answers from the zone where it may.
exchange::Verdict look_up(const exchange::Call& call);
/// The hook on_upstream_request: the origin is asked for the whole, unconditionally, when it is to be stored.
exchange::Verdict ask_for_whole(const exchange::Call& call);
/// The hook on_response: stores, invalidates, and says what the cache did.
void store_and_tell(const exchange::Call& call);

}  // namespace cache_module
