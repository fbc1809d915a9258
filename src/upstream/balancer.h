// Which peer of a group is asked next. One balancer a cluster; it owns nothing and never counts connections.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "upstream/peer.h"

namespace upstream {

/// What one exchange has asked of a cluster so far.
struct Selection {
  std::vector<PeerPtr> tried;
  bool from_backup = false;  ///< no primary was left: backups are asked now

  bool has_tried(const Peer& peer) const;
};

class Balancer {
 public:
  virtual ~Balancer() = default;
  /// One of `peers` that may be asked now; null when none may.
  virtual PeerPtr pick(std::span<const PeerPtr> peers, const Selection& selection, base::MonoTime now) = 0;
};

/// nginx's smooth weighted round robin: over any run of picks each peer gets its share, never in bursts. A
/// peer that failed weighs less and recovers by one with each pick.
class RoundRobin final : public Balancer {
 public:
  PeerPtr pick(std::span<const PeerPtr> peers, const Selection& selection, base::MonoTime now) override;
};

/// Whether a peer may be asked: not tried, not down, not out, not full.
bool may_ask(const Peer& peer, const Selection& selection, base::MonoTime now);

}  // namespace upstream
