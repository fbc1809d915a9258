// What only `server` has: where it listens and what it is called; and the blocks of the http context.
#pragma once

#include <string>
#include <vector>

#include "conf/row.h"
#include "exchange/listen_line.h"

namespace proxy {

using exchange::ListenLine;

struct ServerConf {
  std::vector<ListenLine> listens;
  std::vector<std::string> names;
  bool has_names = false;

  static const conf::Section kSection;
};

}  // namespace proxy
