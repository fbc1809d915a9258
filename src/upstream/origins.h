// All clusters as one worker uses them, and the resolvers their names need. One a worker; made at its start.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/tls.h"
#include "upstream/cluster.h"

namespace upstream {

class Origins {
 public:
  /// Hosts that only requests name (proxy_pass with variables) and that are remembered, with their
  /// connections.
  static constexpr size_t kMostPlain = 1024;

  /// `turn`: see Cluster.
  Origins(event::Loop& loop, base::Log& log, uint32_t turn)
      : loop_(loop), log_(log), tls_{loop, log}, turn_(turn) {}
  Origins(const Origins&) = delete;
  Origins& operator=(const Origins&) = delete;

  const std::shared_ptr<Cluster>& cluster(const std::shared_ptr<const ClusterConf>& conf);
  /// The group of a host that was not in the configuration.
  std::shared_ptr<Cluster> plain(const net::Endpoint& endpoint);
  /// Null when the system's configuration or an address of it is of no use: logged.
  net::Resolver* resolver(const net::ResolverOptions& options);
  /// What TLS connections to origins share.
  net::TlsCommon& tls() { return tls_; }

 private:
  std::shared_ptr<Cluster> make(std::shared_ptr<const ClusterConf> conf);
  std::shared_ptr<Zone> zone(const ClusterConf& conf);

  event::Loop& loop_;
  base::Log& log_;
  net::TlsCommon tls_;  // before what holds connections
  uint32_t turn_;
  std::unordered_map<std::string, std::unique_ptr<net::Resolver>> resolvers_;
  std::unordered_map<const shm::Segment*, std::shared_ptr<Zone>> zones_;
  std::vector<std::shared_ptr<Cluster>> clusters_;  // by ClusterConf::index
  using Plain = std::list<std::shared_ptr<Cluster>>;
  Plain plain_;  // the last used first
  std::unordered_map<std::string, Plain::iterator> plain_by_name_;
};

}  // namespace upstream
