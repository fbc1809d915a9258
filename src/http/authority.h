// Host and :authority: what names an origin (RFC 9110 §7.2, RFC 3986 §3.2).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/arena.h"

namespace http {

struct Authority {
  std::string_view host;  ///< lower case, without a trailing dot; IPv6 literals keep their brackets
  uint16_t port = 0;      ///< 0: none named
};

/// Parses uri-host [ ":" port ]. False for what is not one: empty host, user information, a port that is no
/// number below 65536, characters outside reg-name, a malformed IP literal. Writes to the arena only to lower
/// letters.
bool parse_authority(std::string_view text, base::Arena& arena, Authority& out);

}  // namespace http
