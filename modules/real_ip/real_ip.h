// The client behind trusted proxies: what $remote_addr, allow, deny and the logs see.
#pragma once

#include "exchange/module.h"

namespace real_ip {

extern const exchange::Module kModule;

}  // namespace real_ip
