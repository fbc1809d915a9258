// Escaping a decoded path so that it may stand in a Location or on a request line (RFC 3986 §3.3).
#pragma once

#include <string_view>

#include "base/arena.h"

namespace exchange {

/// `path` itself when nothing in it must be escaped. "%", "?", "#", controls, spaces and bytes above 127 are.
std::string_view escape_path(std::string_view path, base::Arena& arena);

}  // namespace exchange
