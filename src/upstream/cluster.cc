#include "upstream/cluster.h"

#include <algorithm>

namespace upstream {

Cluster::Cluster(event::Loop& loop, std::shared_ptr<const ClusterConf> conf, std::shared_ptr<Zone> zone,
                 uint32_t turn)
    : loop_(loop),
      conf_(std::move(conf)),
      zone_(std::move(zone)),
      balancer_(std::make_unique<RoundRobin>()),
      pool_(loop, conf_->keepalive),
      shared_pool_(loop, conf_->keepalive) {
  for (const ServerConf& server : conf_->servers) {
    Group group{&server, {}, 0};
    for (const net::Address& address : server.addresses) group.peers.push_back(make_peer(address, server));
    groups_.push_back(std::move(group));
    has_names_ = has_names_ || server.addresses.empty();
  }
  rebuild();
  Selection none;
  for (uint32_t i = 0; i < turn; ++i) balancer_->pick(primary_, none, loop_.now());
}

PeerPtr Cluster::make_peer(const net::Address& address, const ServerConf& server) {
  bool is_name = !server.endpoint.address.known();
  PeerPtr peer = std::make_shared<Peer>(address, server.peer, is_name ? server.endpoint.host : "");
  if (zone_) {
    if (std::shared_ptr<ZoneRow> row = zone_->row(fmt::format("{} {}", conf_->name, peer->name()))) {
      peer->share(std::move(row));
    }
  }
  return peer;
}

void Cluster::rebuild() {
  primary_.clear();
  backup_.clear();
  for (const Group& group : groups_) {
    std::vector<PeerPtr>& tier = group.server->peer.backup ? backup_ : primary_;
    tier.insert(tier.end(), group.peers.begin(), group.peers.end());
  }
}

// A lone peer is never left alone: there is nobody else to ask.
bool Cluster::may_ask_lone(const Peer& peer, const Selection& selection) const {
  return !peer.conf().down && !selection.has_tried(peer) && !peer.is_full(loop_.now());
}

PeerPtr Cluster::pick(const std::vector<PeerPtr>& tier, Selection& selection) {
  if (size() == 1) {
    return tier.size() == 1 && may_ask_lone(*tier[0], selection) ? tier[0] : nullptr;
  }
  return balancer_->pick(tier, selection, loop_.now());
}

PeerPtr Cluster::choose(Selection& selection) {
  for (;;) {
    PeerPtr peer = selection.from_backup ? pick(backup_, selection) : pick(primary_, selection);
    if (!peer && selection.from_backup) return nullptr;
    if (!peer) {
      selection.from_backup = true;
      continue;
    }
    selection.tried.push_back(peer);
    if (peer->begin(loop_.now())) return peer;
  }
}

void Cluster::end_failed(Peer& peer, base::Log& log) {
  if (peer.end_failed(loop_.now()) && size() > 1) {
    log.print(base::LogLevel::warn, "upstream server temporarily disabled: {} in upstream \"{}\"",
              peer.name(), conf_->name);
  }
}

void Cluster::end_well(Peer& peer) {
  if (size() == 1) {
    peer.end_well_alone();
  } else {
    peer.end_well();
  }
}

uint32_t Cluster::askable() const {
  auto count = [](const std::vector<PeerPtr>& tier) {
    return std::ranges::count_if(tier, [](const PeerPtr& peer) { return !peer->conf().down; });
  };
  return static_cast<uint32_t>(count(primary_) + count(backup_));
}

bool Cluster::should_learn() const {
  return has_names_ && std::ranges::any_of(groups_, [&](const Group& group) {
           return group.server->addresses.empty() && loop_.now() >= group.next;
         });
}

event::Task<base::Result<void>> Cluster::learn(net::Resolver& resolver, base::Duration timeout,
                                               event::CancelScope* scope) {
  std::shared_ptr<Cluster> self = shared_from_this();
  base::Result<void> result;
  for (size_t i = 0; i < groups_.size(); ++i) {
    const ServerConf& server = *groups_[i].server;
    bool due = size() == 0 || loop_.now() >= groups_[i].next;  // with no peer at all, everybody waits for one
    if (!server.addresses.empty() || !due) continue;
    groups_[i].next = loop_.now() + kAskEvery.count();
    net::Resolver::Found found =
        co_await resolver.resolve(server.endpoint.host, server.endpoint.port, timeout, scope);
    if (found) {
      take(groups_[i], *found);
    } else {
      result = tl::unexpected(found.error());
    }
  }
  co_return result;
}

void Cluster::learn_later(net::Resolver& resolver, base::Duration timeout) {
  event::spawn(learn_detached(resolver, timeout));
}

event::Task<void> Cluster::learn_detached(net::Resolver& resolver, base::Duration timeout) {
  base::Result<void> result = co_await learn(resolver, timeout, nullptr);
  (void)result;  // what was known stays
}

// Peers that stay keep their state and their connections.
void Cluster::take(Group& group, const std::vector<net::Address>& addresses) {
  std::vector<PeerPtr> now;
  for (const net::Address& address : addresses) {
    auto known =
        std::ranges::find_if(group.peers, [&](const PeerPtr& peer) { return peer->address() == address; });
    now.push_back(known == group.peers.end() ? make_peer(address, *group.server) : *known);
  }
  for (const PeerPtr& old : group.peers) {
    if (std::ranges::find(now, old) != now.end()) continue;
    pool_.forget(*old);
    shared_pool_.forget(*old);
  }
  if (now == group.peers) return;
  group.peers = std::move(now);
  rebuild();
}

}  // namespace upstream
