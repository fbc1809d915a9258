#include "proxy/uri.h"

#include "exchange/core_conf.h"
#include "exchange/exchange.h"
#include "http/make_request.h"

namespace proxy {

namespace {

template <class MustEscape>
std::string_view escape(std::string_view text, base::Arena& arena, MustEscape must_escape) {
  size_t escaped = 0;
  for (unsigned char c : text) escaped += must_escape(c);
  if (escaped == 0) return text;
  static constexpr char kDigits[] = "0123456789ABCDEF";
  char* out = arena.chars(text.size() + 2 * escaped);
  char* end = out;
  for (unsigned char c : text) {
    if (!must_escape(c)) {
      *end++ = static_cast<char>(c);
      continue;
    }
    *end++ = '%';
    *end++ = kDigits[c >> 4];
    *end++ = kDigits[c & 15];
  }
  return {out, static_cast<size_t>(end - out)};
}

bool never_in_uri(unsigned char c) {
  return c <= 0x20 || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' ||
         c == '{' || c == '|' || c == '}';
}

}  // namespace

std::string_view escape_path(std::string_view path, base::Arena& arena) {
  return escape(path, arena,
                [](unsigned char c) { return never_in_uri(c) || c == '%' || c == '?' || c == '#'; });
}

std::string_view escape_uri(std::string_view uri, base::Arena& arena) {
  return escape(uri, arena, [](unsigned char c) { return never_in_uri(c) || c == '%' || c == '#'; });
}

std::string_view escape_argument(std::string_view text, base::Arena& arena) {
  return escape(text, arena, [](unsigned char c) {
    return never_in_uri(c) || c == '%' || c == '#' || c == '&' || c == '+' || c == '=' || c == '?' ||
           c == ';';
  });
}

bool change_uri(exchange::Exchange& exchange, std::string_view uri, bool raw) {
  size_t question = uri.find('?');
  std::string_view path = uri.substr(0, question);
  if (path.empty() || path.front() != '/') return false;
  if (raw && !http::normalise_path(path, exchange.route->core->head.merge_slashes, exchange.arena, path))
    return false;
  exchange.request.path = path;
  if (question != std::string_view::npos)
    exchange.request.query = uri.substr(question + 1);
  else
    exchange.request.query = {};
  exchange.forget_cached_variables();
  return true;
}

}  // namespace proxy
