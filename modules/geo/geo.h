// A variable made from an address by a table of networks: `geo`.
#pragma once

#include "exchange/module.h"

namespace geo {

extern const exchange::Module kModule;

}  // namespace geo
