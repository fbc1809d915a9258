#include "http/authority.h"

#include <arpa/inet.h>

#include "base/text.h"
#include "http/syntax.h"

namespace http {
namespace {

bool is_ip_literal(std::string_view inside) {
  char text[INET6_ADDRSTRLEN + 1];
  if (inside.size() >= sizeof text) return false;
  inside.copy(text, inside.size());
  text[inside.size()] = 0;
  in6_addr address;
  return inet_pton(AF_INET6, text, &address) == 1;
}

bool is_reg_name(std::string_view text, bool& has_capital) {
  for (size_t i = 0; i < text.size(); i++) {
    char c = text[i];
    has_capital |= c >= 'A' && c <= 'Z';
    if (is(c, kRegName)) continue;
    if (c != '%' || i + 2 >= text.size()) return false;
    if (base::hex_value(text[i + 1]) < 0 || base::hex_value(text[i + 2]) < 0) return false;
  }
  return true;
}

bool parse_port(std::string_view digits, uint16_t& port) {
  port = 0;
  if (digits.empty()) return true;  // "host:" is allowed (RFC 3986 §3.2.3)
  if (digits.size() > 5) return false;
  unsigned value = 0;
  for (char c : digits) {
    if (!base::is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  port = static_cast<uint16_t>(value);
  return value > 0 && value < 65536;
}

std::string_view lowered(std::string_view text, base::Arena& arena) {
  char* out = arena.chars(text.size());
  for (size_t i = 0; i < text.size(); i++) out[i] = base::to_lower(text[i]);
  return {out, text.size()};
}

}  // namespace

bool parse_authority(std::string_view text, base::Arena& arena, Authority& out) {
  std::string_view host;
  std::string_view rest;
  bool has_capital = false;
  if (!text.empty() && text[0] == '[') {
    size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ip_literal(text.substr(1, close - 1))) return false;
    host = text.substr(0, close + 1);
    rest = text.substr(close + 1);
    has_capital = true;
  } else {
    host = text.substr(0, text.find(':'));
    rest = text.substr(host.size());
    if (!is_reg_name(host, has_capital)) return false;
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty() || host[0] == '.' || host.ends_with('.')) return false;
    if (host.find("..") != std::string_view::npos) return false;  // an empty label is in no name
  }
  if (!rest.empty() && rest[0] != ':') return false;
  if (!rest.empty() && !parse_port(rest.substr(1), out.port)) return false;
  if (rest.empty()) out.port = 0;
  out.host = has_capital ? lowered(host, arena) : host;
  return true;
}

}  // namespace http
