// Last stage of a lookup that found something usable: the reply, made of what is stored.
#pragma once

#include "modules/cache/find.h"

namespace cache_module {

/// Makes the reply of `candidate`: head, Age, what the client's conditions and ranges leave of the body.
/// Verdict::next when it cannot be had after all (it ended meanwhile, or its bytes are not sound).
exchange::Verdict answer(exchange::Exchange& exchange, CacheState& state, Candidate& candidate);

}  // namespace cache_module
