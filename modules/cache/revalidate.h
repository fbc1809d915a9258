// What is stored and what the origin says of it now: 304 brings it up to date (RFC 9111 §4.3.4), and so does
// a 200 to HEAD (§4.3.5).
#pragma once

#include "modules/cache/find.h"

namespace cache_module {

/// Whether the origin's answer says that what is held is current.
bool is_still_current(const exchange::Exchange& exchange, const CacheState& state);

/// Makes the reply the held response with the fields of the origin's 304 (RFC 9111 §3.2), whole, as if it had
/// come from the origin just now. Returns the head that its storing is decided by; null when the stored head
/// is not sound.
http::Response* renew(exchange::Exchange& exchange, CacheState& state);

/// A 304 changes only the head: what is held gets `head` and `facts` where it lies, its body is not copied.
/// True when `place`, where the response is to be stored, is its own: then nothing is left to be stored.
bool renew_in_place(CacheState& state, const base::Digest& place, const cache::Facts& facts,
                    std::string_view head);

/// RFC 9111 §4.3.5: what is held with the fields of a 200 to HEAD, where its validators and its length agree;
/// null where they do not: then it is not what a GET would give, and goes; or where nothing is held.
const http::Response* agree_with_head(exchange::Exchange& exchange, const CacheState& state);

}  // namespace cache_module
