// The places a directive may stand in: their names for people, and which block opens which.
#pragma once

#include <string>

#include "conf/row.h"

namespace conf {

/// "http, server, location": the contexts of the set, outermost first.
std::string context_names(uint32_t contexts);

/// The context inside `block`, which stands in context `outer` (0: not known). A block without a name is the
/// main level. 0 when no block of ours is called so.
uint32_t context_inside(const Directive& block, uint32_t outer);

}  // namespace conf
