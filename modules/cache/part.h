// Responses that are one part of a representation and stored as that (the slice module): nothing but the very
// part an exchange is about.
#pragma once

#include "exchange/exchange.h"

namespace cache_module {

/// Whether the 206 with that head is the part the exchange asks for (Origin::part), as far as the whole goes.
bool is_wanted_part(const exchange::Exchange& exchange, const http::Response& head);

}  // namespace cache_module
