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

/// RFC 9111 §4.3.5: a 200 to HEAD says that the stored response is not what a GET would give: it goes.
void compare_with_head(exchange::Exchange& exchange, const CacheState& state);

}  // namespace cache_module
