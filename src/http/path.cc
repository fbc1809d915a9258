#include "http/path.h"

#include "base/text.h"

namespace http {
namespace {

// "%", "//" and "/." are all that can make a path differ from its normal form.
bool is_plain(std::string_view raw) {
  char previous = 0;
  for (char c : raw) {
    if (c == '%' || (previous == '/' && (c == '/' || c == '.'))) return false;
    previous = c;
  }
  return true;
}

// The next character, decoded; -1 for a bad escape or a NUL.
int take(std::string_view& raw) {
  char c = raw[0];
  if (c != '%') {
    raw.remove_prefix(1);
    return static_cast<unsigned char>(c);
  }
  if (raw.size() < 3) return -1;
  int high = base::hex_value(raw[1]);
  int low = base::hex_value(raw[2]);
  if (high < 0 || low < 0) return -1;
  raw.remove_prefix(3);
  int value = high * 16 + low;
  return value == 0 ? -1 : value;
}

// Removes what follows the slash before the last segment's slash; `end` points after "/..".
char* climb(char* begin, char* end) {
  end -= 3;  // at the slash of "/.."
  if (end == begin) return nullptr;
  do end--;
  while (*end != '/');
  return end;
}

}  // namespace

bool normalise_path(std::string_view raw, bool merge_slashes, base::Arena& arena, std::string_view& path) {
  if (raw.empty() || raw[0] != '/') return false;
  if (is_plain(raw)) {
    path = raw;
    return true;
  }
  char* begin = arena.chars(raw.size() + 1);
  char* end = begin;
  char* segment = begin;  // the slash that begins the current segment
  bool more = true;
  while (more) {
    more = !raw.empty();
    int c = more ? take(raw) : '/';  // the end of the path closes its last segment
    if (c < 0) return false;
    if (c != '/') {
      *end++ = static_cast<char>(c);
      continue;
    }
    std::string_view last(segment, static_cast<size_t>(end - segment));
    if (last == "/.") {
      end = segment;
    } else if (last == "/..") {
      end = climb(begin, end);
      if (end == nullptr) return false;
    } else if (!more) {
      break;
    }
    // After a dot segment the path ends with the slash of what it was resolved against.
    if (!(merge_slashes && end > begin && end[-1] == '/')) *end++ = '/';
    segment = end - 1;
  }
  path = {begin, static_cast<size_t>(end - begin)};
  return true;
}

}  // namespace http
