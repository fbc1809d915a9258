// UDP sockets for QUIC: the master binds one for each worker slot and address, and the kernel chooses among
// them by connection id, so that a datagram finds its worker also after its sender's address has changed.
#pragma once

#include "net/listener.h"

namespace net {

/// A bound, non-blocking, close-on-exec UDP socket that others may stand beside (SO_REUSEPORT), tells the
/// address and ECN mark of what it receives, and never lets the network split what it sends. Errors name the
/// call and the address.
base::Result<Fd> open_datagram_socket(const ListenOptions& options);
/// Sets on a socket that was kept over reload or upgrade what can be changed: its buffers.
base::Result<void> configure_datagram_socket(int fd, const ListenOptions& options);

/// From now on the kernel gives a QUIC packet to the socket number `b % slots` of those bound to the address,
/// in the order in which they were bound, where b is the first byte of the destination connection id (RFC
/// 8999 §5). `fd` is any of them. False where the kernel cannot (before Linux 4.5).
bool steer_by_connection_id(int fd, unsigned slots);

/// Whether the socket is one for datagrams.
bool is_datagram_socket(int fd);

}  // namespace net
