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
class Turn;

struct CacheState {
  const exchange::Route* route;  ///< for which all of this holds; an internal redirect starts anew
  const CacheConf* conf;         ///< of that route
  OpenZone* open;
  std::string_view key;
  uint64_t mark;        ///< what purges are older than a fetch that starts now
  base::Digest place;   ///< of what this request selects, or most likely will: `digest` or a variant's
  base::Digest digest;  ///< of the key: the place of the response, or of the marker of its variants
  uint64_t salt;        ///< of the marker of its variants; 0: there is none
  Candidate* others;    ///< other variants the origin is asked about, a list (other_variants.h)
  Candidate* held;  ///< what is stored but may not be used as it is: the origin is asked about it. Or null
  cache::Outcome outcome;
  std::string_view fwd;     ///< why the origin is asked (RFC 9211 §2.2); empty: it is not
  std::string_view detail;  ///< a word more
  int64_t ttl;              ///< freshness left of what was served or stored; with has_ttl
  bool has_ttl;
  bool cacheable;  ///< the method is one that is looked up and stored
  bool found;      ///< there was an object, whatever became of it
  bool stored;
  bool alone;  ///< it waited for another's fetch too long: what it gets is not stored
  bool collapsed;
  Turn* turn;           ///< to fetch what this request selects, where it was asked for. Or null
  bool refresh;         ///< nobody is answered: what is stored is being validated in the background
  bool asked;           ///< the origin was asked whether `held` or one of `others` is current
  bool renewed;         ///< and it is
  bool far;             ///< its range begins behind proxy_cache_max_range_offset
  bool by_range;        ///< a range that is passed on (proxy_cache_max_range_offset)
  bool scarce;          ///< asked for too rarely to be stored (proxy_cache_min_uses)
  bool keeps_piece;     ///< what is stored is one piece of a representation (incomplete.h)
  bool passes_by;       ///< the rest of a body is asked for (rest.h): nothing is looked up or stored
  bool only_if_cached;  ///< the request says so (RFC 9111 §5.2.1.7)
};

/// The hook on_request: answers from the zone where it may.
exchange::Verdict look_up(const exchange::Call& call);
/// The hook on_upstream_request: what is to be stored is asked for as a whole, on our own conditions or none.
exchange::Verdict ask_origin(const exchange::Call& call);
/// The hook on_response: stores, invalidates, and says what the cache did.
void store_and_tell(const exchange::Call& call);

}  // namespace cache_module
