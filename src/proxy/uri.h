// Escaping and changing URIs on their way through rewrites and redirects (RFC 3986 §2).
#pragma once

#include <string_view>

#include "base/arena.h"

namespace exchange {
class Exchange;
}

namespace proxy {

/// Escapes what may not stand in a path: controls, space, "%", "?", "#", quotes, non-ASCII.
std::string_view escape_path(std::string_view path, base::Arena& arena);
/// The same for a whole URI: "?" stays.
std::string_view escape_uri(std::string_view uri, base::Arena& arena);
/// Escapes what may not stand in one argument of a query, "&", "+" and "=" too.
std::string_view escape_argument(std::string_view text, base::Arena& arena);

/// Makes "/path?query" the request's URI. `raw`: it comes from outside (a redirect's target) and is decoded
/// and normalised. False when it is not a URI that can be asked for.
bool change_uri(exchange::Exchange& exchange, std::string_view uri, bool raw);

}  // namespace proxy
