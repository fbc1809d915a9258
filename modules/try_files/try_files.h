// try_files: the first file that is there becomes the request's path; the last argument is where to go
// without one.
#pragma once

#include "exchange/module.h"

namespace try_files {

extern const exchange::Module kModule;

}  // namespace try_files
