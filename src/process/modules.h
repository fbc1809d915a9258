// The modules that are compiled in: the one list of their names.
#pragma once

#include <span>

#include "exchange/module.h"

namespace process {

std::span<const exchange::Module* const> compiled_in_modules();

}  // namespace process
