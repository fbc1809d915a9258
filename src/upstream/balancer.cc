#include "upstream/balancer.h"

#include <algorithm>

namespace upstream {

bool Selection::has_tried(const Peer& peer) const {
  return std::any_of(tried.begin(), tried.end(), [&](const PeerPtr& other) { return other.get() == &peer; });
}

bool may_ask(const Peer& peer, const Selection& selection, base::MonoTime now) {
  if (peer.conf().down || peer.is_out(now)) return false;
  return !selection.has_tried(peer) && !peer.is_full(now);
}

PeerPtr RoundRobin::pick(std::span<const PeerPtr> peers, const Selection& selection, base::MonoTime now) {
  const PeerPtr* best = nullptr;
  int64_t total = 0;
  for (const PeerPtr& peer : peers) {
    if (!may_ask(*peer, selection, now)) continue;
    peer->current_weight += peer->effective_weight;
    total += peer->effective_weight;
    if (peer->effective_weight < peer->conf().weight) ++peer->effective_weight;
    if (best == nullptr || peer->current_weight > (*best)->current_weight) best = &peer;
  }
  if (best == nullptr) return nullptr;
  (*best)->current_weight -= total;
  return *best;
}

}  // namespace upstream
