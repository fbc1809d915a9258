// The path of a target as locations see it: decoded, without dot segments (RFC 3986 §5.2.4, §6.2.2).
#pragma once

#include <string_view>

#include "base/arena.h"

namespace http {

/// Decodes %XX, resolves "." and ".." (also when they were escaped), merges slashes if asked. False for a bad
/// escape, a NUL, a path that does not begin with "/" or climbs above the root. Writes to the arena only when
/// something changes.
bool normalise_path(std::string_view raw, bool merge_slashes, base::Arena& arena, std::string_view& path);

}  // namespace http
