// The characters of RFC 9110 §5.6 and RFC 3986, as tables: what may stand in names, values, targets and
// hosts.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "http/stream.h"

namespace http {

/// What a byte is; a byte can be several.
enum Char : uint8_t {
  kToken = 1,      ///< tchar, RFC 9110 §5.6.2
  kPlainName = 2,  ///< letters, digits and "-": what nginx calls a valid field name
  kTarget = 4,     ///< may stand in a request-target: no CTL, no space, no DEL
  kRegName = 8,    ///< unreserved and sub-delims of RFC 3986 §3.2.2, without "%"
  kControl = 16,   ///< never in a field value: CTL without HTAB (RFC 9110 §5.5)
};

namespace detail {
constexpr bool in(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
constexpr std::array<uint8_t, 256> make_chars() {
  std::array<uint8_t, 256> table{};
  for (int i = 0; i < 256; i++) {
    char c = static_cast<char>(i);
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    bool plain = letter || (c >= '0' && c <= '9');
    uint8_t bits = 0;
    if (plain || in(c, "!#$%&'*+-.^_`|~")) bits |= kToken;
    if (plain || c == '-') bits |= kPlainName;
    if (i > 0x20 && i != 0x7f) bits |= kTarget;
    if (plain || in(c, "-._~!$&'()*+,;=")) bits |= kRegName;
    if ((i < 0x20 && i != '\t') || i == 0x7f) bits |= kControl;
    table[static_cast<size_t>(i)] = bits;
  }
  return table;
}
inline constexpr std::array<uint8_t, 256> kChars = make_chars();
}  // namespace detail

constexpr bool is(char c, uint8_t kind) {
  return (detail::kChars[static_cast<unsigned char>(c)] & kind) != 0;
}

/// Whether every byte is of that kind; true for empty text.
constexpr bool all(std::string_view text, uint8_t kind) {
  for (char c : text) {
    if (!is(c, kind)) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) { return !text.empty() && all(text, kToken); }
/// RFC 9110 §5.5: no CR, LF, NUL or other control character; HTAB and obs-text are allowed.
constexpr bool is_field_value(std::string_view text) {
  for (char c : text) {
    if (is(c, kControl)) return false;
  }
  return true;
}

/// What becomes of a field with this name (ignore_invalid_headers, underscores_in_headers).
enum class NameVerdict : uint8_t { keep, ignore, refuse };
NameVerdict judge_name(std::string_view name, const HeadLimits& limits);

}  // namespace http
