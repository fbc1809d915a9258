// The directives of upstream blocks, and the start of what each worker keeps of origins
// (exchange::Worker::origins()).
#pragma once

#include "exchange/module.h"

namespace load_balancer {

extern const exchange::Module kModule;

}  // namespace load_balancer
