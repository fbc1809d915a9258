// The request as the origin gets it: which fields, which framing (nginx's rules for proxy_set_header, RFC
// 9110 §7.6).
#pragma once

#include "exchange/exchange.h"
#include "http/client.h"
#include "modules/proxy_core/conf.h"

namespace proxy_core {

/// The fields for the origin, in one pass: those of proxy_set_header and the defaults, then the client's
/// without what is for one hop only. `fields` is empty before.
void build_fields(exchange::Exchange& exchange, const ProxyConf& conf, http::Fields& fields);

/// Method, version and the length of the body, but not the body itself.
void describe_request(exchange::Exchange& exchange, const ProxyConf& conf, http::OriginRequest& request);

/// The client's body goes to the origin.
bool sends_client_body(const exchange::Exchange& exchange, const ProxyConf& conf);
/// It is read whole before the origin is asked: proxy_request_buffering, or a length that HTTP/1.0 cannot do
/// without.
bool reads_body_first(const exchange::Exchange& exchange, const ProxyConf& conf);

}  // namespace proxy_core
