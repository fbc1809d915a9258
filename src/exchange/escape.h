// Escaping text so that it may stand in a Location or on a request line (RFC 3986 §2, §3.3). Each returns the
// text itself when nothing in it must be escaped, else a copy in the arena. Controls, spaces and bytes above
// 127 always are.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace exchange {

/// A decoded path: "%", "?" and "#" too.
std::string_view escape_path(std::string_view path, base::Arena& arena);
/// A path that may have a query behind it: "?" stays.
std::string_view escape_uri(std::string_view uri, base::Arena& arena);
/// One value in a query: also "&", "+", "=" and ";".
std::string_view escape_argument(std::string_view text, base::Arena& arena);

}  // namespace exchange
