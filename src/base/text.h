// Small questions about text that carry no state. ASCII only: HTTP and the configuration are ASCII.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) {
  return is_digit(c)            ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/// Equal when ASCII case is ignored.
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Starts with `prefix` when ASCII case is ignored.
bool starts_ignoring_case(std::string_view text, std::string_view prefix);

std::string lower(std::string_view text);

/// Without leading and trailing spaces and tabs (OWS, RFC 9110 §5.6.3).
std::string_view trim(std::string_view text);

/// Digits only, no sign, no space; nullopt when empty, other characters, or above 2^64-1.
std::optional<uint64_t> parse_uint(std::string_view digits);
/// Hexadecimal digits only; nullopt when empty, other characters, or more than 16 digits.
std::optional<uint64_t> parse_hex(std::string_view digits);

std::string hex(const void* bytes, size_t size);

/// How many single-character edits turn `a` into `b` (Levenshtein): for "did you mean".
size_t edit_distance(std::string_view a, std::string_view b);

/// Calls `each(part)` for the parts between `separator`, trimmed, empty ones left out.
template <class Each>
void split(std::string_view text, char separator, Each&& each) {
  while (!text.empty()) {
    size_t end = text.find(separator);
    std::string_view part = trim(text.substr(0, end));
    if (!part.empty()) each(part);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace base
