// The rest of a body whose filler died, or gave up, in the middle: asked of the origin with Range and
// If-Range on a strong validator (RFC 9110 §13.1.5, §14.2), for one reader, and not stored. Anything else
// than exactly these bytes of the same representation makes the body fail.
#pragma once

#include "cache/fill.h"
#include "exchange/exchange.h"

namespace cache_module {

/// How a reader of a growing object goes on from another fetch. `stored`: the object's head; `size`: of its
/// body, where it is known. Empty where there is no strong validator (RFC 9110 §8.8.1), or the object is
/// nothing that has ranges: then a broken body stays broken.
cache::Fills::Resume resume_of(exchange::Exchange& exchange, const http::Response& stored,
                               std::optional<uint64_t> size);

/// `body`, read while its object grows in this process, and the rest by `resume` where it fails.
http::BodyPtr with_rest(exchange::Exchange& exchange, http::BodyPtr body, cache::Fills::Resume resume);

}  // namespace cache_module
