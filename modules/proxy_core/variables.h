// $proxy_… and $upstream_…
#pragma once

#include "exchange/builder.h"

namespace proxy_core {

void add_variables(exchange::Builder& builder);

}  // namespace proxy_core
