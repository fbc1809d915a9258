// A virtual server as exchanges see it: its names. The router fills and owns it; immutable afterwards.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace net {
class TlsContext;
}

namespace exchange {

struct Route;

struct Server {
  std::vector<std::string> names;  ///< of server_name, as written: exact, wildcard, "~regex"
  std::string first_name;          ///< $server_name: the first of them, without a leading dot; may be empty
  std::shared_ptr<const net::TlsContext> tls;  ///< of its certificates; null: it has none
  const Route* route = nullptr;                ///< the server itself, where no location matches
};

}  // namespace exchange
