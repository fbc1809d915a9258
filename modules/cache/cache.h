// The cache's module record; the rest of this folder is its own affair.
#pragma once

#include "exchange/module.h"

namespace cache_module {

extern const exchange::Module kModule;

}  // namespace cache_module
