// A virtual server as exchanges see it: its names. The router fills and owns it; immutable afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace exchange {

struct Route;

struct Server {
  std::string name;  ///< $server_name: the first of `names`, without a leading dot; may be empty
  std::vector<std::string> names;  ///< as written: exact, wildcard, "~regex"
  const Route* root = nullptr;     ///< the server itself, where no location matches
};

}  // namespace exchange
