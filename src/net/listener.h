// Listening sockets: the master opens them, every worker accepts from them.
#pragma once

#include <optional>

#include "base/log.h"
#include "event/loop.h"
#include "net/address.h"
#include "net/fd.h"
#include "net/socket.h"

namespace net {

/// What `listen` says about the socket itself.
struct ListenOptions {
  Address address;
  unsigned unix_mode = 0666;  ///< of a Unix socket's file
  int backlog = 511;
  bool quic = false;  ///< UDP, one socket for each worker slot
  bool reuseport = false;
  bool ipv6only = true;
  bool deferred = false;
  bool nodelay = true;       ///< tcp_nodelay: what is accepted inherits it, without a call per connection
  bool transparent = false;  ///< may stand for addresses that are not ours
  std::optional<int> rcvbuf;
  std::optional<int> sndbuf;
  std::optional<int> fastopen;
  std::optional<KeepAlive> so_keepalive;
};

/// A bound, listening, non-blocking, close-on-exec socket. A Unix socket's file is readable and writable for
/// all, as nginx makes it, unless unix_mode says otherwise, and one that nobody listens on any more is
/// replaced. Errors name the call and the address: "bind() to 0.0.0.0:80 failed (98: Address already in
/// use)".
base::Result<Fd> open_listener(const ListenOptions& options);
/// Sets on a socket that listens already (kept over reload or upgrade) what can be changed: backlog, buffers,
/// keep-alive, deferred, fastopen.
base::Result<void> configure_listener(int fd, const ListenOptions& options);
/// Of the `all` sockets that listen on one address with SO_REUSEPORT, the kernel gives new connections to the
/// `first` opened ones alone, in equal parts; with `first` equal to `all` it chooses by its own hash again.
/// `fd` is any of them. Returns false where the kernel cannot (before Linux 4.5): then all are given some, as
/// before.
bool choose_among_first(int fd, size_t first, size_t all);
/// Removes the file of a Unix socket; nothing for other addresses. The master calls it when it ends.
void remove_listener_path(const Address& address);

class Listener;

struct AcceptHandler {
  /// A new connection, non-blocking and close-on-exec; the handler owns it now. It may stop or destroy the
  /// listener.
  virtual void on_accept(Listener& listener, Fd socket, const Address& peer) = 0;
  /// No descriptor is left (EMFILE, ENFILE, ENOBUFS, ENOMEM): accepting pauses; idle connections could be
  /// closed.
  virtual void on_accept_shortage(Listener& listener, int code) = 0;

 protected:
  ~AcceptHandler() = default;
};

/// Accepts in one worker from a socket that it does not own (the worker does, and others share it).
class Listener {
 public:
  /// After a shortage nothing is accepted for this long.
  static constexpr base::Duration kPause{500};
  /// With multi_accept, at most this many in one turn: those already here get their turn too.
  static constexpr int kMostInATurn = 256;

  Listener(event::Loop& loop, int fd, bool multi_accept, AcceptHandler& handler, base::Log& log);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Accepting starts with start(), and stop() can be undone by it.
  void start();
  void stop();
  bool accepting() const { return io_.watched() != 0; }

  int fd() const { return io_.fd(); }
  const Address& address() const { return address_; }

 private:
  static void on_io(void* owner, int events);
  static void on_pause_end(void* owner);
  bool accept_one();
  bool refused(int code);

  event::Io io_;
  event::Timer pause_;
  Address address_;
  AcceptHandler& handler_;
  base::Log& log_;
  bool multi_accept_;
  bool* gone_ = nullptr;  // set while accepting: tells that the handler destroyed this
};

}  // namespace net
