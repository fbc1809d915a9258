#include "exchange/escape.h"

namespace exchange {
namespace {

// What may stand nowhere in a URI unescaped, and what else means something at that place.
bool must_escape(char c, std::string_view special) {
  constexpr std::string_view kNever = "%#\"<>\\^`{|}";
  return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
         kNever.find(c) != std::string_view::npos || special.find(c) != std::string_view::npos;
}

std::string_view escape(std::string_view text, std::string_view special, base::Arena& arena) {
  size_t escaped = 0;
  for (char c : text) escaped += must_escape(c, special) ? 1 : 0;
  if (escaped == 0) return text;
  constexpr char kDigits[] = "0123456789ABCDEF";
  char* out = arena.chars(text.size() + 2 * escaped);
  char* end = out;
  for (char c : text) {
    if (!must_escape(c, special)) {
      *end++ = c;
      continue;
    }
    *end++ = '%';
    *end++ = kDigits[static_cast<unsigned char>(c) >> 4];
    *end++ = kDigits[static_cast<unsigned char>(c) & 15];
  }
  return {out, static_cast<size_t>(end - out)};
}

}  // namespace

std::string_view escape_path(std::string_view path, base::Arena& arena) { return escape(path, "?", arena); }

std::string_view escape_uri(std::string_view uri, base::Arena& arena) { return escape(uri, "", arena); }

std::string_view escape_argument(std::string_view text, base::Arena& arena) {
  return escape(text, "?&+=;", arena);
}

}  // namespace exchange
