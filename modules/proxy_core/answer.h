// From the head an origin sent to the head the client gets: hidden and hop-by-hop fields leave, Location and
// cookies are rewritten, X-Accel-* take effect (nginx's rules; RFC 9110 §7.6).
#pragma once

#include <string_view>

#include "exchange/exchange.h"
#include "modules/proxy_core/conf.h"

namespace proxy_core {

/// Fills exchange.reply.head from `from`, whose text lives in the same arena. The body is the caller's.
void fill_reply(exchange::Exchange& exchange, const ProxyConf& conf, const http::Response& from);

/// X-Accel-Limit-Rate takes effect; X-Accel-Buffering is answered: whether the body is read ahead.
bool apply_controls(exchange::Exchange& exchange, const ProxyConf& conf, const http::Response& from);

/// X-Accel-Redirect: the exchange goes through the router again. False: there is none.
bool apply_redirect(exchange::Exchange& exchange, const ProxyConf& conf, const http::Response& from);

/// proxy_intercept_errors: error_page of this location answers instead.
bool intercepts(const exchange::Exchange& exchange, const ProxyConf& conf, const http::Response& from);

}  // namespace proxy_core
