// proxy_force_ranges: answers Range from a whole 200 of an origin that does not do so itself (RFC 9110 §14).
#pragma once

#include "exchange/exchange.h"

namespace proxy_core {

/// Changes exchange.reply, a complete answer of an origin, to the part that was asked for, where it can.
void force_ranges(exchange::Exchange& exchange);

}  // namespace proxy_core
