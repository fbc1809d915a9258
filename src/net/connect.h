// A connection to somewhere else, without blocking.
#pragma once

#include <optional>

#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"
#include "net/fd.h"
#include "net/socket.h"

namespace net {

struct ConnectOptions {
  base::Duration timeout{60000};
  Address bind;              ///< our end (proxy_bind); not known(): the system chooses
  bool transparent = false;  ///< `bind` may be an address that is not ours
  bool keepalive = false;    ///< SO_KEEPALIVE (proxy_socket_keepalive)
};

/// A connected, non-blocking, close-on-exec stream socket. The error's `code` is the errno: what connect(2)
/// ended with, ETIMEDOUT after `timeout`, ECANCELED when `scope` was canceled. TCP_NODELAY is set. `to`,
/// `options` and `scope` (which may be null) outlive the task.
event::Task<base::Result<Fd>> connect_to(event::Loop& loop, const Address& to, const ConnectOptions& options,
                                         event::CancelScope* scope);

}  // namespace net
