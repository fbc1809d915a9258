// The stored variants of a key beside the one a request selects: the origin is asked whether one of them is
// what it would send (RFC 9111 §4.3.1), and its 304 says which (§4.3.4). Those in memory only.
#pragma once

#include "modules/cache/find.h"

namespace cache_module {

/// Finds them, in the arena: state.others. None without an entity tag, none that was purged.
void gather_variants(exchange::Exchange& exchange, CacheState& state);

/// The entity tag of what is stored; empty: none.
std::string_view etag_of(exchange::Exchange& exchange, const Candidate& candidate);

/// Makes state.held the stored response that a 304 names; null where it names none that was asked about.
void select_by_304(exchange::Exchange& exchange, CacheState& state);

}  // namespace cache_module
