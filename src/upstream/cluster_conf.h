// An `upstream` block, or the group of one that a proxy_pass to a plain host makes, as the configuration says
// it. Made by the master with the names it could resolve; immutable in the workers.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conf/row.h"
#include "net/address.h"
#include "shm/segment.h"
#include "upstream/peer.h"

namespace upstream {

/// One `server` line: a peer for each address its name has.
struct ServerConf {
  std::string text;  ///< as written
  net::Endpoint endpoint;
  PeerConf peer;
  std::vector<net::Address> addresses;  ///< empty: the master could not resolve it, workers try
};

/// What becomes of connections that are not in use.
struct KeepAliveConf {
  uint32_t connections = 32;  ///< idle ones a worker keeps; 0: none
  bool local = false;         ///< not shared between locations
  uint64_t requests = 1000;
  base::Duration timeout{60000};
  base::Duration time{3600000};
};

struct ClusterConf {
  std::string name;  ///< of the block; "host:port" of a plain host
  bool from_block = false;
  uint32_t index = 0;  ///< in its ClusterSet
  conf::Position at;
  std::vector<ServerConf> servers;
  KeepAliveConf keepalive;
  std::string zone_name;  ///< empty: each worker has its own state
  uint64_t zone_size = 0;
  shm::SegmentPtr zone;
};

/// The clusters of one configuration. Owned by it.
class ClusterSet {
 public:
  /// For names, all of them together: an unreachable resolver must not hold up a start.
  static constexpr base::Duration kResolveBudget{10000};

  /// A block of that name; null when there is none.
  std::shared_ptr<ClusterConf> find(std::string_view name) const;
  /// Takes a block in. False when one of that name, from another place in the file, is there.
  bool add(std::shared_ptr<ClusterConf> cluster);
  /// The group of a plain host; made, and resolved, the first time.
  std::shared_ptr<ClusterConf> plain(const net::Endpoint& endpoint, conf::Position at,
                                     conf::Diagnostics& diagnostics);

  /// Fills in the addresses of its servers. A name that has none is a warning.
  void resolve(ClusterConf& cluster, conf::Diagnostics& diagnostics);
  size_t size() const { return all_.size(); }

 private:
  const std::vector<net::Address>* look_up(const std::string& host, uint16_t port, std::string& why);

  std::vector<std::shared_ptr<ClusterConf>> all_;
  std::map<std::string, std::shared_ptr<ClusterConf>, std::less<>> blocks_;
  std::map<std::string, std::shared_ptr<ClusterConf>, std::less<>> plain_;
  struct Answer {
    std::vector<net::Address> addresses;
    std::string why;
  };
  std::map<std::pair<std::string, uint16_t>, Answer> answers_;
  base::Duration spent_{0};
};

/// Rows of the upstream context fill a ClusterConf: `server`, `keepalive…`, `zone`.
base::Result<void> set_server(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_keepalive(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_zone(void* section, const conf::Directive& directive, conf::Site& site);

}  // namespace upstream
