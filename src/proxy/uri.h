// Changing a request's URI on its way through redirects inside the server.
#pragma once

#include <string_view>

namespace exchange {
class Exchange;
}

namespace proxy {

/// Makes "/path?query" the request's URI. False when it is not one that can be asked for.
bool change_uri(exchange::Exchange& exchange, std::string_view uri);

}  // namespace proxy
