// What a ClientHello says in clear: read from the first bytes of a connection that is passed on unopened.
// Reads nothing itself, and decides nothing; the peer may have written anything.
#pragma once

#include <string>
#include <string_view>

namespace net {

struct ClientHello {
  /// What the beginning of a connection is.
  enum class Kind : unsigned char {
    partial,  ///< it may become one: more bytes are needed
    whole,
    other,  ///< not TLS, or broken
  };

  std::string server_name;     ///< as it was sent; empty: none
  std::string alpn_protocols;  ///< "h2,http/1.1"
  std::string protocol;        ///< the highest version offered: "TLSv1.3"; empty: one that nobody knows

  /// Reads `bytes` into this, which is empty (RFC 8446 §4.1.2, §5.1; the message may be spread over records).
  Kind parse(std::string_view bytes);
};

}  // namespace net
