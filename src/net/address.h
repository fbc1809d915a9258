// Where a socket is: an IPv4 or IPv6 address with its port, or the path of a Unix socket. A value, 48 bytes.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace net {

class Address {
 public:
  /// No address: its family is AF_UNSPEC.
  Address() = default;
  /// What the system wrote; families we do not know become no address. An unnamed Unix socket has an empty
  /// path.
  Address(const sockaddr* from, socklen_t length);

  /// 0.0.0.0 or :: (AF_INET, AF_INET6).
  static Address any(int family, uint16_t port);
  /// An address in digits without brackets or port: "127.0.0.1", "::1"; nullopt for all else.
  static std::optional<Address> from_ip(std::string_view ip, uint16_t port);
  /// Errors: empty, or longer than a sockaddr_un holds (107 bytes).
  static base::Result<Address> from_path(std::string_view path);

  int family() const { return socket_.any.sa_family; }
  bool known() const { return family() != AF_UNSPEC; }
  bool is_unix() const { return family() == AF_UNIX; }
  /// 0.0.0.0 or ::
  bool is_wildcard() const;
  /// 0 for a Unix socket.
  uint16_t port() const;
  Address with_port(uint16_t port) const;
  /// The path of a Unix socket; empty for others.
  std::string_view path() const;

  /// For bind(2), connect(2), sendto(2).
  const sockaddr* raw() const;
  socklen_t length() const;

  /// "127.0.0.1", "::1", "unix:/path", and "unix:" for an unnamed one: $remote_addr and $server_addr.
  std::string ip_text() const;
  /// "127.0.0.1:80", "[::1]:80", "unix:/path": $upstream_addr and log lines.
  std::string text() const;
  /// The 4 or 16 bytes of the address, or the path: $binary_remote_addr. Points into this object.
  std::string_view ip_bytes() const;
  uint64_t hash() const;

  friend bool operator==(const Address& a, const Address& b);

 private:
  union Socket {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    Socket() : v6{} {}
  };
  Socket socket_;
  std::shared_ptr<const sockaddr_un> unix_;  // set exactly when the family is AF_UNIX
};

struct AddressHash {
  size_t operator()(const Address& address) const { return static_cast<size_t>(address.hash()); }
};

/// What a configuration writes where a socket is meant: an address, or a name that is still to be resolved.
struct Endpoint {
  std::string host;  ///< as written, without brackets and port; "*" for any; the path of a Unix socket
  uint16_t port = 0;
  uint16_t last_port = 0;  ///< of a range "8080-8090"; otherwise the same as port
  bool port_given = false;
  Address address;  ///< with `port`; not known() when `host` is a name
};

/// The argument of `listen`: "80", "*:80", "127.0.0.1", "127.0.0.1:80", "[::1]:80", "name:80", "8080-8090",
/// "unix:/path". Port 0 lets the system choose.
base::Result<Endpoint> parse_listen(std::string_view text, uint16_t default_port);
/// An origin, as after "http://" or in `server` of an upstream: "name", "name:8080", "127.0.0.1", "[::1]:80",
/// "unix:/path" (of "unix:/path:/uri" the caller has taken the second colon and what follows it away).
base::Result<Endpoint> parse_origin(std::string_view text, uint16_t default_port);

/// A set of addresses: "10.0.0.0/8", "::1", "unix:".
class Cidr {
 public:
  /// Errors: not an address, or a prefix that is too long.
  static base::Result<Cidr> parse(std::string_view text);
  /// Also whether an IPv4 address that came mapped into IPv6 is in an IPv4 set.
  bool contains(const Address& address) const;
  /// The text had bits set behind the prefix ("10.0.0.1/8"), which nginx warns of; they are ignored.
  bool had_meaningless_bits() const { return meaningless_bits_; }
  int family() const { return family_; }
  unsigned prefix() const { return prefix_; }

 private:
  int family_ = AF_UNSPEC;
  unsigned prefix_ = 0;
  bool meaningless_bits_ = false;
  unsigned char bytes_[16] = {};
};

}  // namespace net
