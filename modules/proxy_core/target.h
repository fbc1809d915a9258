// Where a request goes and what it asks there: the URL of proxy_pass, and the target of the request line.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "exchange/exchange.h"
#include "modules/proxy_core/conf.h"
#include "net/address.h"

namespace proxy_core {

/// "http://host:port/uri" taken apart.
struct OriginUrl {
  bool tls = false;  ///< https
  net::Endpoint endpoint;
  std::string host_field;  ///< $proxy_host: with the port unless it is the scheme's
  std::string port_text;   ///< $proxy_port; empty for a Unix socket
  std::string uri;         ///< from the first "/" or "?" on; empty when there is none
};

/// Errors: another scheme than the family's, no host, a bad port, a URI where there can be none.
base::Result<OriginUrl> parse_url(std::string_view url, const Family& family);

/// The address of proxy_bind, with or without a port; not known() when it is none.
net::Address parse_bind(std::string_view text);

/// The request target for the origin, in nginx's rules: as received where nothing changed it; with
/// proxy_pass's URI in place of the location's prefix; the whole changed URI after `rewrite … break`.
std::string_view origin_target(exchange::Exchange& exchange, const Target& target);
/// The same where proxy_pass has variables: `uri` is what was evaluated, sent as it is unless empty.
std::string_view origin_target(exchange::Exchange& exchange, std::string_view uri);

}  // namespace proxy_core
