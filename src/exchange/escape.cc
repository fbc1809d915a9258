#include "exchange/escape.h"

namespace exchange {
namespace {

bool must_escape(char c) {
  constexpr std::string_view kUnsafe = "%?#\"<>\\^`{|}";
  return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
         kUnsafe.find(c) != std::string_view::npos;
}

}  // namespace

std::string_view escape_path(std::string_view path, base::Arena& arena) {
  size_t escaped = 0;
  for (char c : path) escaped += must_escape(c) ? 1 : 0;
  if (escaped == 0) return path;
  constexpr char kDigits[] = "0123456789ABCDEF";
  char* out = arena.chars(path.size() + 2 * escaped);
  char* end = out;
  for (char c : path) {
    if (!must_escape(c)) {
      *end++ = c;
      continue;
    }
    *end++ = '%';
    *end++ = kDigits[static_cast<unsigned char>(c) >> 4];
    *end++ = kDigits[static_cast<unsigned char>(c) & 15];
  }
  return {out, static_cast<size_t>(end - out)};
}

}  // namespace exchange
