// Small questions to a socket and settings of it. Nothing here blocks or owns.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "net/address.h"

namespace net {

/// `so_keepalive=` of listen: 0 leaves the system's value.
struct KeepAlive {
  bool on = true;
  int idle_seconds = 0;
  int interval_seconds = 0;
  int probes = 0;
};

/// The address of our end; not known() when the system cannot say.
Address local_address(int fd);
Address peer_address(int fd);

/// The errno a non-blocking connect ended with; 0 when it is connected.
int pending_error(int fd);

/// These return 0 or errno.
int set_option(int fd, int level, int name, int value);
int set_keepalive(int fd, const KeepAlive& keepalive);
/// Small writes leave at once (tcp_nodelay). Does nothing to a Unix socket.
int set_nodelay(int fd, bool on);
/// Holds partial segments back until it is taken off again (tcp_nopush).
int set_nopush(int fd, bool on);

/// The peer will get RST at close(2), and the socket no TIME_WAIT.
void reset_on_close(int fd);

}  // namespace net
