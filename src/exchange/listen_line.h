// A `listen` line, of http and of stream: where connections are accepted, and what is said of the socket.
#pragma once

#include <vector>

#include "conf/row.h"
#include "net/address.h"
#include "net/listener.h"

namespace exchange {

/// One `listen` line.
struct ListenLine {
  conf::Position at;
  std::vector<net::Address> addresses;  ///< several for a port range
  net::ListenOptions options;
  bool has_options = false;  ///< the line sets socket options: only one line per address may
  bool default_server = false;
  bool ssl = false;
  bool proxy_protocol = false;
  bool http2 = false;
  bool quic = false;
};

/// Reads a `listen` directive; names are asked for. A strange parameter is reported at its place, and the
/// rest counts. Errors: an address that is none. `default_port` is for addresses without one.
base::Result<ListenLine> parse_listen_line(const conf::Directive& directive, uint16_t default_port,
                                           conf::Site& site);

}  // namespace exchange
