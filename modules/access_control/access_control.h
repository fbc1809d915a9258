// Who may ask: allow and deny, auth_basic, and how they go together (satisfy).
#pragma once

#include "exchange/module.h"

namespace access_control {

extern const exchange::Module kModule;

}  // namespace access_control
