// What the control API can ask of the cache. Runs in the keeper, in slices.
#pragma once

#include "exchange/control_resource.h"
#include "exchange/module.h"

namespace cache_module {

/// Adds GET /cache, /cache/object, /cache/ZONE/objects, /cache/export, /explain, POST /cache/purge,
/// /cache/verify and /cache/warm.
void add_control_resources(const exchange::Module& module, exchange::Builder& builder);

}  // namespace cache_module
