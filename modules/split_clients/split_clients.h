// A variable that parts clients into groups of given sizes: `split_clients`.
#pragma once

#include <cstdint>
#include <string_view>

#include "exchange/module.h"

namespace split_clients {

extern const exchange::Module kModule;

/// MurmurHash2 with seed 0, which nginx parts clients by: the same text is in the same group in both.
uint32_t murmur2(std::string_view text);

}  // namespace split_clients
