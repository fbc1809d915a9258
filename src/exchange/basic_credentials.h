// The name and password of "Authorization: Basic" (RFC 7617).
#pragma once

#include <optional>
#include <string_view>

namespace exchange {

class Exchange;

struct BasicCredentials {
  std::string_view user;
  std::string_view password;
};

/// Decoded into the arena; nullopt without such a field, or with one that is malformed.
std::optional<BasicCredentials> basic_credentials(Exchange& exchange);

/// Decodes base64, with or without padding, either alphabet; nullopt for other characters.
/// `out` holds at least 3/4 of the text; the bytes used are returned.
std::optional<std::string_view> decode_base64(std::string_view text, char* out);

}  // namespace exchange
