// What we tell of ourselves in Server and on error pages: server_tokens.
#pragma once

#include <string_view>

namespace exchange {

class Exchange;

/// "proxycache/1.0", "proxycache", or the text of server_tokens; empty: nothing is told.
std::string_view server_signature(Exchange& exchange);

}  // namespace exchange
