// What only `server` has: where it listens and what it is called; and the blocks of the http context.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/row.h"
#include "net/address.h"
#include "net/listener.h"

namespace proxy {

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
};

struct ServerConf {
  std::vector<ListenLine> listens;
  std::vector<std::string> names;
  bool has_names = false;

  static const conf::Section kSection;
};

}  // namespace proxy
