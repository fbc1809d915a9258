// Fields that the configuration adds to responses: add_header, expires, add_trailer.
#pragma once

#include "exchange/module.h"

namespace headers {

extern const exchange::Module kModule;

}  // namespace headers
