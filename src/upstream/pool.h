// The idle connections of one cluster in one worker, so that the next request need not connect (RFC 9112
// §9.3). Owned by the cluster. What the origin closes, or speaks on unasked, leaves at once.
#pragma once

#include <memory>

#include "event/loop.h"
#include "upstream/cluster_conf.h"
#include "upstream/connection.h"
#include "upstream/peer.h"

namespace upstream {

class Pool : private event::Ready {
 public:
  Pool(event::Loop& loop, const KeepAliveConf& conf);
  ~Pool();

  /// The last used idle connection to `peer` with this key; null when there is none. With `check` one system
  /// call makes sure that the origin has not closed it.
  std::unique_ptr<Connection> take(Peer& peer, const ConnectionKey& key, bool check);
  /// A connection that is no more in use: kept when it may be, else closed. May be called from inside its
  /// session.
  void put(Peer& peer, std::unique_ptr<Connection> connection);
  /// Closes it later in this turn: it may be in the middle of a call.
  void discard(std::unique_ptr<Connection> connection);
  /// Closes what is idle to a peer that is gone.
  void forget(Peer& peer);

  size_t idle() const { return idle_; }

 private:
  friend class Connection;
  bool may_keep(Connection& connection) const;
  std::unique_ptr<Connection> remove(Connection& connection);
  void on_ready() override;
  void on_time();

  event::Loop& loop_;
  const KeepAliveConf& conf_;
  base::List<Connection, IdleByAge> by_age_;  // the longest idle first
  base::List<Connection, IdleByAge> closing_;
  size_t idle_ = 0;
  event::Timer timer_;
};

}  // namespace upstream
