// Files from root and alias: what answers where no other module does.
#pragma once

#include "exchange/module.h"

namespace static_files {

extern const exchange::Module kModule;

}  // namespace static_files
