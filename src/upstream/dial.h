// How a connection to a peer is made: connect(2), then TLS where it is wanted. Knows nothing of who will
// speak on it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "event/cancel.h"
#include "http/client.h"
#include "net/connect.h"
#include "net/tls.h"
#include "upstream/peer.h"

namespace upstream {

struct DialOptions {
  net::ConnectOptions connect;  ///< its timeout is for TLS too
  net::TlsCommon* tls_common = nullptr;
  const net::TlsClientContext* tls = nullptr;  ///< null: no TLS
  std::string tls_name;                        ///< whom the certificate must name
  std::string_view protocol;                   ///< what the origin has to choose by ALPN; empty: anything
};

/// A connection, or why there is none.
struct Dialed {
  std::unique_ptr<net::Transport> transport;
  bool connected = false;  ///< connect(2) is through; with TLS there is more to do
  http::OriginFault fault = http::OriginFault::none;
  int error = 0;
  std::string why;
};

/// All that is passed outlives the task; `scope` may be null.
event::Task<void> dial(event::Loop& loop, Peer& peer, const DialOptions& options, event::CancelScope* scope,
                       Dialed& result);

}  // namespace upstream
