// A cluster as one worker uses it: its peers now, who is asked next, its idle connections. Owned by Origins,
// and by every lease of one of its connections.
#pragma once

#include <memory>
#include <vector>

#include "base/log.h"
#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"
#include "net/resolver.h"
#include "upstream/balancer.h"
#include "upstream/cluster_conf.h"
#include "upstream/pool.h"
#include "upstream/shared_pool.h"
#include "upstream/zone.h"

namespace upstream {

class Cluster : public std::enable_shared_from_this<Cluster> {
 public:
  /// `turn`: how many picks the round robin is ahead, so that workers do not all begin with the same peer.
  Cluster(event::Loop& loop, std::shared_ptr<const ClusterConf> conf, std::shared_ptr<Zone> zone,
          uint32_t turn);

  const ClusterConf& conf() const { return *conf_; }
  Pool& pool() { return pool_; }
  SharedPool& shared_pool() { return shared_pool_; }

  /// The next peer to ask, counted as in use and noted as tried; null when none is live. End it with one of
  /// the three below.
  PeerPtr choose(Selection& selection);
  void end_failed(Peer& peer, base::Log& log);
  void end_well(Peer& peer);
  void end(Peer& peer) { peer.end(); }

  /// Peers that may be asked in one exchange: those not down, primary and backup.
  uint32_t askable() const;
  size_t size() const { return primary_.size() + backup_.size(); }

  /// It has a name that the master could not resolve, and the answer is due again.
  bool should_learn() const;
  /// Asks for the addresses of such names. The error of the last that has none; what was known of it stays.
  /// Its answer, `resolver` and `scope` (which may be null) outlive the task.
  event::Task<base::Result<void>> learn(net::Resolver& resolver, base::Duration timeout,
                                        event::CancelScope* scope);
  /// The same without anybody waiting.
  void learn_later(net::Resolver& resolver, base::Duration timeout);

 private:
  static constexpr base::Duration kAskEvery{1000};  // the resolver itself keeps answers for their TTL
  struct Group {                                    // a `server` line
    const ServerConf* server;
    std::vector<PeerPtr> peers;
    base::MonoTime next = 0;  // when its name is asked for again
  };

  PeerPtr make_peer(const net::Address& address, const ServerConf& server);
  PeerPtr pick(const std::vector<PeerPtr>& tier, Selection& selection);
  bool may_ask_lone(const Peer& peer, const Selection& selection) const;
  void take(Group& group, const std::vector<net::Address>& addresses);
  void rebuild();
  event::Task<void> learn_detached(net::Resolver& resolver, base::Duration timeout);

  event::Loop& loop_;
  std::shared_ptr<const ClusterConf> conf_;
  std::shared_ptr<Zone> zone_;
  std::unique_ptr<Balancer> balancer_;
  std::vector<Group> groups_;
  std::vector<PeerPtr> primary_;
  std::vector<PeerPtr> backup_;
  bool has_names_ = false;
  Pool pool_;
  SharedPool shared_pool_;
};

}  // namespace upstream
