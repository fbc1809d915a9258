// The http2 directives of http, server and location. Resolved for each route; the wire reads those of the
// server that a connection belongs to.
#pragma once

#include "conf/row.h"

namespace proxy {

struct VirtualServer;

struct Http2Conf {
  bool on = false;  ///< http2
  uint32_t max_streams = 128;
  uint32_t chunk_size = 8192;
  uint32_t preread_size = 65536;
  uint32_t recv_buffer_size = 256 << 10;

  static const conf::Section kSection;
};

/// Of the server as a whole.
const Http2Conf& http2_of(const VirtualServer& server);

}  // namespace proxy
