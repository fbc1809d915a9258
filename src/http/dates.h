// HTTP dates (RFC 9110 §5.6.7). Writing them is base::format_http_date and base::Clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace http {

/// Seconds since 1970 of an IMF-fixdate, RFC 850 or asctime date; nullopt for anything else. `now` (seconds
/// since 1970) decides the century of two-digit years: more than 50 years ahead means the past.
std::optional<int64_t> parse_date(std::string_view text, int64_t now);

}  // namespace http
