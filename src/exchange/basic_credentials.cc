#include "exchange/basic_credentials.h"

#include "base/text.h"
#include "exchange/exchange.h"

namespace exchange {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (base::is_digit(c)) return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

std::optional<std::string_view> decode_base64(std::string_view text, char* out) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  char* end = out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *end++ = static_cast<char>(bits >> count & 0xff);
  }
  return std::string_view(out, static_cast<size_t>(end - out));
}

std::optional<BasicCredentials> basic_credentials(Exchange& exchange) {
  std::string_view field = exchange.request.fields.get(http::Name::authorization);
  if (!base::starts_ignoring_case(field, "basic ")) return std::nullopt;
  std::string_view encoded = base::trim(field.substr(6));
  std::optional<std::string_view> decoded = decode_base64(encoded, exchange.arena.chars(encoded.size() + 1));
  if (!decoded) return std::nullopt;
  size_t colon = decoded->find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

}  // namespace exchange
