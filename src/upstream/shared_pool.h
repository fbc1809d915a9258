// The connections of one cluster in one worker that are shared by requests (HTTP/2), in use or idle. Owned by
// the cluster. As few as the origins' limits allow: a request takes the first that has room.
#pragma once

#include <memory>

#include "event/loop.h"
#include "upstream/cluster_conf.h"
#include "upstream/shared_connection.h"

namespace upstream {

class SharedPool : private event::Ready {
 public:
  SharedPool(event::Loop& loop, const KeepAliveConf& conf);
  ~SharedPool();

  /// A place on a connection to `peer` with this key that is open or being opened and has room; null when
  /// there is none. With `check` an idle one is looked at first: the origin may have closed it.
  std::unique_ptr<Place> find(Peer& peer, const ConnectionKey& key, bool check);
  /// A place on a new one, being opened. `cluster` owns this.
  std::unique_ptr<Place> open(std::shared_ptr<Cluster> cluster, PeerPtr peer, const ConnectionKey& key,
                              DialOptions options);
  /// A peer is gone: its connections take no more requests.
  void forget(Peer& peer);

  size_t idle() const { return idle_; }

 private:
  friend class SharedConnection;
  // The connection tells, maybe from inside its session: it is only set aside here.
  void on_over(SharedConnection& connection);
  void on_unused(SharedConnection& connection);

  bool may_serve(const SharedConnection& connection) const;
  void retire(SharedConnection& connection);
  void discard(SharedConnection& connection);
  void leave_idle(SharedConnection& connection);
  void on_ready() override;
  void on_time();

  event::Loop& loop_;
  const KeepAliveConf& conf_;
  base::List<SharedConnection, SharedIdle> idle_by_age_;  // the longest idle first
  base::List<SharedConnection, SharedIdle> closing_;
  size_t idle_ = 0;
  event::Timer timer_;
};

}  // namespace upstream
