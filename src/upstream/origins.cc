#include "upstream/origins.h"

#include "base/text.h"

namespace upstream {

const std::shared_ptr<Cluster>& Origins::cluster(const std::shared_ptr<const ClusterConf>& conf) {
  if (conf->index >= clusters_.size()) clusters_.resize(conf->index + 1);
  std::shared_ptr<Cluster>& place = clusters_[conf->index];
  if (!place) place = make(conf);
  return place;
}

std::shared_ptr<Cluster> Origins::make(std::shared_ptr<const ClusterConf> conf) {
  std::shared_ptr<Zone> shared = zone(*conf);
  return std::make_shared<Cluster>(loop_, std::move(conf), std::move(shared), turn_);
}

std::shared_ptr<Zone> Origins::zone(const ClusterConf& conf) {
  if (!conf.zone) return nullptr;
  std::shared_ptr<Zone>& place = zones_[conf.zone.get()];
  if (place) return place;
  base::Result<std::shared_ptr<Zone>> opened = Zone::open(*conf.zone);
  if (opened) {
    place = *opened;
  } else {
    log_.print(base::LogLevel::error, "{}: this worker counts alone", opened.error().message);
  }
  return place;
}

std::shared_ptr<Cluster> Origins::plain(const net::Endpoint& endpoint) {
  std::string name = endpoint.address.known()
                         ? endpoint.address.text()
                         : fmt::format("{}:{}", base::lower(endpoint.host), endpoint.port);
  auto found = plain_by_name_.find(name);
  if (found != plain_by_name_.end()) {
    plain_.splice(plain_.begin(), plain_, found->second);
    return plain_.front();
  }
  if (plain_.size() >= kMostPlain) {
    plain_by_name_.erase(plain_.back()->conf().name);
    plain_.pop_back();  // leases in use keep it alive
  }
  auto conf = std::make_shared<ClusterConf>();
  conf->name = name;
  ServerConf server{endpoint.host, endpoint, {}, {}};
  if (endpoint.address.known()) server.addresses.push_back(endpoint.address);
  conf->servers.push_back(std::move(server));
  plain_.push_front(make(std::move(conf)));
  plain_by_name_.emplace(std::move(name), plain_.begin());
  return plain_.front();
}

net::Resolver* Origins::resolver(const net::ResolverOptions& options) {
  std::string key =
      fmt::format("{} {} {}", options.ipv4, options.ipv6, options.valid ? options.valid->count() : -1);
  for (const net::Address& server : options.servers) key += " " + server.text();
  auto [place, is_new] = resolvers_.try_emplace(std::move(key));
  if (!is_new) return place->second.get();
  base::Result<std::unique_ptr<net::Resolver>> opened = net::Resolver::open(loop_, options);
  if (opened) {
    place->second = std::move(*opened);
  } else {
    log_.print(base::LogLevel::error, "{}", opened.error().message);
  }
  return place->second.get();
}

}  // namespace upstream
