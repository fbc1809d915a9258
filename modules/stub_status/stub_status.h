// The numbers of connections and requests as nginx tells them: `stub_status`.
#pragma once

#include "exchange/module.h"

namespace stub_status {

extern const exchange::Module kModule;

}  // namespace stub_status
