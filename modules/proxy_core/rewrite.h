// What an origin says about itself in Location, Refresh and Set-Cookie, made to fit where the client asked
// (proxy_redirect, proxy_cookie_*).
#pragma once

#include <optional>
#include <string_view>

#include "exchange/exchange.h"
#include "modules/proxy_core/conf.h"

namespace proxy_core {

/// The new value of a Location field; nullopt: it stays.
std::optional<std::string_view> rewrite_location(exchange::Exchange& exchange, const ProxyConf& conf,
                                                 std::string_view value);
/// The same for Refresh ("5; url=http://…").
std::optional<std::string_view> rewrite_refresh(exchange::Exchange& exchange, const ProxyConf& conf,
                                                std::string_view value);
/// The same for Set-Cookie.
std::optional<std::string_view> rewrite_cookie(exchange::Exchange& exchange, const ProxyConf& conf,
                                               std::string_view value);

}  // namespace proxy_core
