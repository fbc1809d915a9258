// A variable made from another text by a table: `map`.
#pragma once

#include "exchange/module.h"

namespace map {

extern const exchange::Module kModule;

}  // namespace map
