// Why what is stored is used, or not: in words.
#pragma once

#include <string>

#include "cache/purge_orders.h"
#include "cache/zone.h"
#include "modules/cache/worker_zones.h"

namespace cache_module {

inline constexpr std::string_view kNothingStored =
    "nothing is stored for this URL: the next request asks the origin. Cache-Status; detail= of that "
    "response "
    "says why it was stored or not.";

/// What standing purges say of it.
cache::Covered standing_on(OpenZone& open, const cache::Zone::Walked& object);

/// Why the last response to `uri` was not stored, and when; empty: it was not refused, or that was forgotten.
std::string explain_refusal(OpenZone& open, std::string_view uri, int64_t now);

std::string explain(const cache::Zone::Walked& object, cache::Covered covered, int64_t now);

}  // namespace cache_module
