// $invalid_referer: whether the page that led here is one of ours (valid_referers).
#pragma once

#include "exchange/module.h"

namespace referers {

extern const exchange::Module kModule;

}  // namespace referers
