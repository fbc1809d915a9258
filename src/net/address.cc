#include "net/address.h"

#include <arpa/inet.h>

#include <cstddef>

#include "base/check.h"
#include "base/hash.h"
#include "base/text.h"

namespace net {

namespace {

constexpr std::string_view kUnix = "unix:";

socklen_t path_length(const sockaddr_un& address) {
  // An abstract name starts with NUL and is not used here; a path ends with one.
  return static_cast<socklen_t>(strnlen(address.sun_path, sizeof address.sun_path));
}

bool is_mapped(const in6_addr& address) { return IN6_IS_ADDR_V4MAPPED(&address); }

/// Whether the first `bits` bits are the same.
bool same_prefix(const unsigned char* a, const unsigned char* b, unsigned bits) {
  if (std::memcmp(a, b, bits / 8) != 0) return false;
  unsigned rest = bits % 8;
  return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

}  // namespace

Address::Address(const sockaddr* from, socklen_t length) {
  if (from == nullptr || length < static_cast<socklen_t>(sizeof(sa_family_t))) return;
  if (from->sa_family == AF_INET && length >= static_cast<socklen_t>(sizeof(sockaddr_in))) {
    std::memcpy(&socket_.v4, from, sizeof socket_.v4);
  } else if (from->sa_family == AF_INET6 && length >= static_cast<socklen_t>(sizeof(sockaddr_in6))) {
    std::memcpy(&socket_.v6, from, sizeof socket_.v6);
  } else if (from->sa_family == AF_UNIX) {
    sockaddr_un copy = {};
    size_t size = static_cast<size_t>(length) < sizeof copy ? static_cast<size_t>(length) : sizeof copy;
    std::memcpy(&copy, from, size);
    unix_ = std::make_shared<const sockaddr_un>(copy);
    socket_.any.sa_family = AF_UNIX;
  }
}

Address Address::any(int family, uint16_t port) {
  Address address;
  address.socket_.any.sa_family = static_cast<sa_family_t>(family);
  return address.with_port(port);
}

std::optional<Address> Address::from_ip(std::string_view ip, uint16_t port) {
  char text[INET6_ADDRSTRLEN];
  if (ip.empty() || ip.size() >= sizeof text || ip.find('\0') != ip.npos) return std::nullopt;
  std::memcpy(text, ip.data(), ip.size());
  text[ip.size()] = 0;
  Address address;
  if (inet_pton(AF_INET, text, &address.socket_.v4.sin_addr) == 1) {
    address.socket_.any.sa_family = AF_INET;
  } else if (inet_pton(AF_INET6, text, &address.socket_.v6.sin6_addr) == 1) {
    address.socket_.any.sa_family = AF_INET6;
  } else {
    return std::nullopt;
  }
  return address.with_port(port);
}

base::Result<Address> Address::from_path(std::string_view path) {
  sockaddr_un place = {};
  if (path.empty()) return base::fail("no path in the unix domain socket");
  if (path.size() >= sizeof place.sun_path || path.find('\0') != path.npos) {
    return base::fail("too long path in the unix domain socket \"{}\": at most {} bytes", path,
                      sizeof place.sun_path - 1);
  }
  place.sun_family = AF_UNIX;
  std::memcpy(place.sun_path, path.data(), path.size());
  return Address(reinterpret_cast<const sockaddr*>(&place), sizeof place);
}

bool Address::is_wildcard() const {
  if (family() == AF_INET) return socket_.v4.sin_addr.s_addr == INADDR_ANY;
  return family() == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&socket_.v6.sin6_addr);
}

uint16_t Address::port() const {
  if (family() == AF_INET) return ntohs(socket_.v4.sin_port);
  return family() == AF_INET6 ? ntohs(socket_.v6.sin6_port) : 0;
}

Address Address::with_port(uint16_t port) const {
  Address copy = *this;
  if (family() == AF_INET) copy.socket_.v4.sin_port = htons(port);
  if (family() == AF_INET6) copy.socket_.v6.sin6_port = htons(port);
  return copy;
}

std::string_view Address::path() const {
  if (!is_unix()) return {};
  return {unix_->sun_path, path_length(*unix_)};
}

const sockaddr* Address::raw() const {
  return is_unix() ? reinterpret_cast<const sockaddr*>(unix_.get()) : &socket_.any;
}

socklen_t Address::length() const {
  if (family() == AF_INET) return sizeof socket_.v4;
  if (family() == AF_INET6) return sizeof socket_.v6;
  if (!is_unix()) return 0;
  // With the NUL that ends it, where there is room for one.
  socklen_t length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path)) + path_length(*unix_) + 1;
  return length < static_cast<socklen_t>(sizeof(sockaddr_un)) ? length : sizeof(sockaddr_un);
}

std::string Address::ip_text() const {
  if (is_unix()) return std::string(kUnix).append(path());
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) inet_ntop(AF_INET, &socket_.v4.sin_addr, text, sizeof text);
  if (family() == AF_INET6) inet_ntop(AF_INET6, &socket_.v6.sin6_addr, text, sizeof text);
  return text;
}

std::string Address::text() const {
  if (family() == AF_INET) return fmt::format("{}:{}", ip_text(), port());
  if (family() == AF_INET6) return fmt::format("[{}]:{}", ip_text(), port());
  return ip_text();
}

std::string_view Address::ip_bytes() const {
  if (family() == AF_INET) {
    return {reinterpret_cast<const char*>(&socket_.v4.sin_addr), sizeof socket_.v4.sin_addr};
  }
  if (family() == AF_INET6) {
    return {reinterpret_cast<const char*>(&socket_.v6.sin6_addr), sizeof socket_.v6.sin6_addr};
  }
  return path();
}

uint64_t Address::hash() const {
  return base::hash64(ip_bytes(), static_cast<uint64_t>(family()) << 16 | port());
}

bool operator==(const Address& a, const Address& b) {
  if (a.family() != b.family() || a.port() != b.port() || a.ip_bytes() != b.ip_bytes()) return false;
  return a.family() != AF_INET6 || a.socket_.v6.sin6_scope_id == b.socket_.v6.sin6_scope_id;
}

namespace {

struct Ports {
  uint16_t first;
  uint16_t last;
};

base::Result<Ports> parse_ports(std::string_view text, std::string_view whole, bool listening) {
  size_t dash = listening ? text.find('-') : text.npos;
  std::optional<uint64_t> first = base::parse_uint(text.substr(0, dash));
  std::optional<uint64_t> last = dash == text.npos ? first : base::parse_uint(text.substr(dash + 1));
  // Port 0 lets the system choose, which makes sense for listening only.
  if (!first || !last || (*first == 0 && !(listening && *last == 0)) || *last > 65535 || *last < *first) {
    return base::fail("invalid port in \"{}\"", whole);
  }
  return Ports{static_cast<uint16_t>(*first), static_cast<uint16_t>(*last)};
}

base::Result<Endpoint> parse_endpoint(std::string_view text, uint16_t default_port, bool listening) {
  Endpoint endpoint;
  if (text.substr(0, kUnix.size()) == kUnix) {
    base::Result<Address> address = Address::from_path(text.substr(kUnix.size()));
    if (!address) return base::fail("{} in \"{}\"", address.error().message, text);
    endpoint.host = address->path();
    endpoint.address = *address;
    return endpoint;
  }

  std::string_view host = text, ports;
  bool bracketed = text.substr(0, 1) == "[";
  size_t colon = text.find(':', bracketed ? text.find(']') : 0);
  if (bracketed) {
    size_t end = text.find(']');
    if (end == text.npos || (end + 1 != text.size() && text[end + 1] != ':')) {
      return base::fail("invalid host in \"{}\"", text);
    }
    host = text.substr(1, end - 1);
  } else if (colon != text.npos) {
    host = text.substr(0, colon);
    if (text.find(':', colon + 1) != text.npos) {
      return base::fail("invalid port in \"{}\" (an IPv6 address goes in brackets)", text);
    }
  } else if (listening && !text.empty() && text.find_first_not_of("0123456789-") == text.npos) {
    host = "*";
    ports = text;
  }
  if (colon != text.npos) ports = text.substr(colon + 1);
  if (host.empty()) return base::fail("no host in \"{}\"", text);

  endpoint.host = host;
  endpoint.port = endpoint.last_port = default_port;
  if (colon != text.npos || !ports.empty()) {
    base::Result<Ports> parsed = parse_ports(ports, text, listening);
    if (!parsed) return tl::unexpected(parsed.error());
    endpoint.port = parsed->first;
    endpoint.last_port = parsed->last;
    endpoint.port_given = true;
  }

  std::optional<Address> address = Address::from_ip(host, endpoint.port);
  if (listening && host == "*") address = Address::any(AF_INET, endpoint.port);
  if (bracketed && (!address || address->family() != AF_INET6)) {
    return base::fail("invalid IPv6 address in \"{}\"", text);
  }
  if (address) {
    endpoint.address = *address;
  } else if (host.find_first_of("/*[]\\ \t") != host.npos) {
    return base::fail("invalid host in \"{}\"", text);
  }
  return endpoint;
}

}  // namespace

base::Result<Endpoint> parse_listen(std::string_view text, uint16_t default_port) {
  return parse_endpoint(text, default_port, true);
}

base::Result<Endpoint> parse_origin(std::string_view text, uint16_t default_port) {
  return parse_endpoint(text, default_port, false);
}

base::Result<Cidr> Cidr::parse(std::string_view text) {
  Cidr cidr;
  if (text == kUnix) {
    cidr.family_ = AF_UNIX;
    return cidr;
  }
  size_t slash = text.find('/');
  std::optional<Address> address = Address::from_ip(text.substr(0, slash), 0);
  if (!address) return base::fail("invalid address \"{}\"", text);
  std::string_view bytes = address->ip_bytes();
  cidr.family_ = address->family();
  cidr.prefix_ = static_cast<unsigned>(bytes.size()) * 8;
  std::memcpy(cidr.bytes_, bytes.data(), bytes.size());
  if (slash == text.npos) return cidr;

  std::optional<uint64_t> prefix = base::parse_uint(text.substr(slash + 1));
  if (!prefix || *prefix > cidr.prefix_) return base::fail("invalid prefix length in \"{}\"", text);
  cidr.prefix_ = static_cast<unsigned>(*prefix);
  for (unsigned bit = cidr.prefix_; bit < bytes.size() * 8; ++bit) {
    unsigned char mask = static_cast<unsigned char>(0x80 >> bit % 8);
    if (cidr.bytes_[bit / 8] & mask) cidr.meaningless_bits_ = true;
    cidr.bytes_[bit / 8] &= static_cast<unsigned char>(~mask);
  }
  return cidr;
}

bool Cidr::contains(const Address& address) const {
  if (family_ == AF_UNIX) return address.is_unix();
  std::string_view bytes = address.ip_bytes();
  int family = address.family();
  if (family == AF_INET6 && family_ == AF_INET) {
    in6_addr whole;
    std::memcpy(&whole, bytes.data(), sizeof whole);
    if (!is_mapped(whole)) return false;
    bytes.remove_prefix(12);
    family = AF_INET;
  }
  if (family != family_) return false;
  return same_prefix(reinterpret_cast<const unsigned char*>(bytes.data()), bytes_, prefix_);
}

}  // namespace net
