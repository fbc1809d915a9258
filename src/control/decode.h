// Texts of the control API's targets: percent-encoding and queries (RFC 3986 §2.1).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace control {

/// Decodes %xx; `plus`: "+" is a space. What is not well-formed stays as it is.
std::string decode(std::string_view text, bool plus);
/// "a=b&c" → {a, b}, {c, ""}.
std::vector<std::pair<std::string, std::string>> decode_query(std::string_view query);

}  // namespace control
