#include "exchange/forwarded.h"

#include <algorithm>

#include "base/text.h"

namespace exchange {

bool is_trusted(std::span<const net::Cidr> trusted, const net::Address& address) {
  return std::ranges::any_of(trusted, [&](const net::Cidr& set) { return set.contains(address); });
}

std::optional<net::Address> parse_forwarded(std::string_view text) {
  if (std::optional<net::Address> plain = net::Address::from_ip(text, 0)) return plain;
  std::string_view ip = text;
  std::string_view port;
  if (text.starts_with('[')) {
    size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    ip = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    ip = text.substr(0, colon);
    port = text.substr(colon);
  }
  uint16_t number = 0;
  if (!port.empty()) {
    std::optional<uint64_t> parsed = port.front() == ':' ? base::parse_uint(port.substr(1)) : std::nullopt;
    if (!parsed || *parsed > UINT16_MAX) return std::nullopt;
    number = static_cast<uint16_t>(*parsed);
  }
  return net::Address::from_ip(ip, number);
}

std::optional<net::Address> forwarded_address(const http::Fields& fields, std::string_view name,
                                              const net::Address& peer, std::span<const net::Cidr> trusted,
                                              bool recursive) {
  net::Address client = peer;
  bool moved = false;
  for (const http::Field* field = fields.end(); field-- != fields.begin();) {
    if (!base::equals_ignoring_case(field->name, name)) continue;
    std::string_view list = field->value;
    while (!list.empty()) {
      if (!is_trusted(trusted, client)) return moved ? std::optional(client) : std::nullopt;
      size_t comma = list.rfind(',');
      std::string_view last = base::trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
      list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
      if (last.empty()) continue;
      std::optional<net::Address> next = parse_forwarded(last);
      if (!next) return moved ? std::optional(client) : std::nullopt;
      client = *next;
      moved = true;
      if (!recursive) return client;
    }
  }
  return moved ? std::optional(client) : std::nullopt;
}

}  // namespace exchange
