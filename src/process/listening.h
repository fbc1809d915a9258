// The listening sockets of one configuration: one an address, or with reuseport one an address and worker
// slot. Opened by the master; a reload or a new binary takes over those whose address stays, so that no
// connection is refused meanwhile. A socket is closed when no configuration of this process uses its address
// any more: the kernel resets what waits in the queue of one that closes, so fewer workers share the sockets
// of more.
#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "net/address.h"
#include "net/fd.h"
#include "proxy/config.h"

namespace process {

struct ListeningSocket {
  net::Fd fd;
  net::Address address;
  bool reuseport = false;
  bool quic = false;  ///< for datagrams
  /// Whether it is for what `options` say.
  bool is_for(const net::ListenOptions& options) const {
    return quic == options.quic && address == options.address;
  }
};

/// A socket that a worker receives datagrams from, and which of its address it is.
struct DatagramSocket {
  int fd;
  unsigned number;
};

/// What is open already, in the order in which slots use it.
using OpenSockets = std::vector<std::shared_ptr<ListeningSocket>>;

class Listening {
 public:
  Listening() = default;

  /// A socket for every `listen` of the configuration and, with reuseport, for each of `workers` slots: all
  /// that `open` has for the address, and new ones as far as they do not suffice. Errors name the call and
  /// the address.
  static base::Result<Listening> open(const proxy::Config& config, unsigned workers, const OpenSockets& open);
  /// The sockets a new binary was started with. Errors: not a listening socket.
  static base::Result<OpenSockets> inherited(const std::vector<int>& descriptors);

  /// The descriptors that a worker accepts from for the configuration's listener `index`: at least one, but
  /// none where it is for datagrams.
  std::vector<int> fds(size_t index, unsigned slot) const;
  /// Those it receives datagrams from: none where it is for connections, or the worker came after the sockets
  /// were made, of which there are as many as there were workers then.
  std::vector<DatagramSocket> datagram_sockets(size_t index, unsigned slot) const;
  /// How many sockets for datagrams each address has; 0: no address has any.
  unsigned datagram_slots() const { return datagram_slots_; }
  /// From now on the kernel gives new connections to the first socket of each slot alone. Without that (an
  /// old kernel), slots with two sockets get twice as many.
  void spread_evenly() const;
  size_t count() const { return rows_.size(); }

  /// Every socket once, in the order that open() takes them.
  OpenSockets all() const;
  bool has(const ListeningSocket& socket) const;

  /// The sockets of `control`, in the order of the configuration: they are not among the listeners.
  std::vector<int> control() const;
  /// In a keeper: closes all but those.
  void keep_control() { rows_.clear(); }
  /// In a worker: closes those and the sockets of other slots.
  void keep_only(unsigned slot);
  /// In a child that drains, or a master that ends: closes them all.
  void close() {
    rows_.clear();
    control_.clear();
  }

 private:
  struct Row {
    OpenSockets sockets;
    unsigned slots = 1;  // they take turns with the sockets; one: every worker has all of them
    bool quic = false;   // the sockets are for datagrams; null where another worker has one
  };
  static base::Result<Row> open_row(const net::ListenOptions& options, unsigned workers, OpenSockets& unused);
  static base::Result<Row> open_datagram_row(const net::ListenOptions& options, unsigned slots,
                                             OpenSockets& unused);

  std::vector<Row> rows_;  // one a listener
  OpenSockets control_;
  unsigned workers_ = 1;
  unsigned datagram_slots_ = 0;
};

}  // namespace process
