// The last touches to a response head, whoever made it: what every answer of this server carries.
#pragma once

#include "exchange/exchange.h"

namespace proxy {

/// Date and Server when missing (RFC 9110 §6.6.1, §10.2.4), an absolute Location, the status of an error
/// page, and how fast and how long the connection may go on.
void complete_head(exchange::Exchange& exchange);

}  // namespace proxy
