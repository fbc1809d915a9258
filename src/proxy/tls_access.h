// Who may use a server over TLS: what a client certificate decides, before any rule of a location.
#pragma once

#include "exchange/exchange.h"
#include "proxy/router.h"

namespace proxy {

/// 0: the request goes on. Otherwise the status that refuses it: 495 or 496 (bad or no client certificate),
/// or 421 (RFC 9110 §15.5.20) when the handshake was for a server that trusts other clients than `server`
/// does.
int tls_refusal(exchange::Exchange& exchange, const VirtualServer& server);

}  // namespace proxy
