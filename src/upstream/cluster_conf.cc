#include "upstream/cluster_conf.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/resolver.h"

namespace upstream {
namespace {

// "weight=5" → "5".
bool take_parameter(std::string_view word, std::string_view name, std::string_view& value) {
  if (word.size() <= name.size() || !word.starts_with(name) || word[name.size()] != '=') return false;
  value = word.substr(name.size() + 1);
  return true;
}

base::Result<uint32_t> parse_count(std::string_view text, uint32_t least) {
  std::optional<uint64_t> number = base::parse_uint(text);
  if (!number || *number < least || *number > INT32_MAX) return base::fail("invalid number \"{}\"", text);
  return static_cast<uint32_t>(*number);
}

base::Result<void> set_count(std::string_view text, uint32_t least, uint32_t& member) {
  base::Result<uint32_t> count = parse_count(text, least);
  if (!count) return tl::unexpected(count.error());
  member = *count;
  return {};
}

base::Result<void> apply_parameter(std::string_view word, PeerConf& peer) {
  std::string_view value;
  if (take_parameter(word, "weight", value)) return set_count(value, 1, peer.weight);
  if (take_parameter(word, "max_fails", value)) return set_count(value, 0, peer.max_fails);
  if (take_parameter(word, "max_conns", value)) return set_count(value, 0, peer.max_conns);
  if (take_parameter(word, "fail_timeout", value)) {
    base::Result<base::Duration> time = base::parse_duration(value);
    if (!time) return tl::unexpected(time.error());
    peer.fail_timeout = *time;
    return {};
  }
  if (word == "backup") {
    peer.backup = true;
  } else if (word == "down") {
    peer.down = true;
  } else if (word == "resolve" || word.starts_with("service=") || word.starts_with("slow_start=") ||
             word.starts_with("route=") || word == "drain") {
    return base::fail("parameter \"{}\" is not built yet", word);
  } else {
    return base::fail("invalid parameter \"{}\"", word);
  }
  return {};
}

}  // namespace

base::Result<void> set_server(void* section, const conf::Directive& directive, conf::Site& site) {
  ServerConf server;
  server.text = directive.arg(0);
  bool in_stream = site.context == conf::kStreamUpstream;
  base::Result<net::Endpoint> endpoint = net::parse_origin(server.text, in_stream ? 0 : 80);
  if (!endpoint) return tl::unexpected(endpoint.error());
  if (in_stream && endpoint->port == 0 && !endpoint->address.is_unix())
    return base::fail("no port in upstream \"{}\"", server.text);
  server.endpoint = std::move(*endpoint);
  if (server.endpoint.address.known()) server.addresses.push_back(server.endpoint.address);
  for (size_t i = 1; i < directive.args.size(); ++i) {
    base::Result<void> applied = apply_parameter(directive.arg(i), server.peer);
    if (!applied) site.diagnostics->error(directive.args[i].at, "{}", applied.error().message);
  }
  static_cast<ClusterConf*>(section)->servers.push_back(std::move(server));
  return {};
}

base::Result<void> set_keepalive(void* section, const conf::Directive& directive, conf::Site& site) {
  KeepAliveConf& keepalive = static_cast<ClusterConf*>(section)->keepalive;
  keepalive.local = directive.arg(1) == "local";
  if (directive.args.size() == 2 && !keepalive.local) {
    site.diagnostics->error(directive.args[1].at, "invalid parameter \"{}\"", directive.arg(1));
  }
  return set_count(directive.arg(0), 0, keepalive.connections);
}

base::Result<void> set_zone(void* section, const conf::Directive& directive, conf::Site&) {
  ClusterConf& cluster = *static_cast<ClusterConf*>(section);
  cluster.zone_name = directive.arg(0);
  if (directive.args.size() < 2) return {};
  base::Result<uint64_t> size = base::parse_size(directive.arg(1));
  if (!size) return tl::unexpected(size.error());
  if (*size < 32768) return base::fail("zone \"{}\" is too small", cluster.zone_name);
  if (*size > (uint64_t{1} << 30))
    return base::fail("zone \"{}\" is too large: at most 1g", cluster.zone_name);
  cluster.zone_size = *size;
  return {};
}

std::shared_ptr<ClusterConf> ClusterSet::find(std::string_view name) const {
  auto found = blocks_.find(base::lower(name));
  return found == blocks_.end() ? nullptr : found->second;
}

bool ClusterSet::add(std::shared_ptr<ClusterConf> cluster) {
  auto [place, is_new] = blocks_.try_emplace(base::lower(cluster->name), cluster);
  if (!is_new) {
    const conf::Position& other = place->second->at;
    return other.file == cluster->at.file && other.line == cluster->at.line &&
           other.column == cluster->at.column;
  }
  cluster->index = static_cast<uint32_t>(all_.size());
  all_.push_back(std::move(cluster));
  return true;
}

std::shared_ptr<ClusterConf> ClusterSet::plain(const net::Endpoint& endpoint, conf::Position at,
                                               conf::Diagnostics& diagnostics) {
  std::string name = endpoint.address.known()
                         ? endpoint.address.text()
                         : fmt::format("{}:{}", base::lower(endpoint.host), endpoint.port);
  std::shared_ptr<ClusterConf>& place = plain_[name];
  if (place) return place;
  place = std::make_shared<ClusterConf>();
  place->name = name;
  place->at = at;
  place->index = static_cast<uint32_t>(all_.size());
  place->servers.push_back({endpoint.host, endpoint, {}, {}});
  all_.push_back(place);
  resolve(*place, diagnostics);
  return place;
}

const std::vector<net::Address>* ClusterSet::look_up(const std::string& host, uint16_t port,
                                                     std::string& why) {
  auto [place, is_new] = answers_.try_emplace({base::lower(host), port});
  Answer& answer = place->second;
  if (is_new && spent_ >= kResolveBudget) {
    answer.why = fmt::format("{} was not asked for: the resolver is too slow", host);
  } else if (is_new) {
    base::Clock clock;
    base::MonoTime began = clock.now();
    net::Resolver::Found found = net::resolve_blocking(host, port, kResolveBudget - spent_);
    clock.update();
    spent_ += base::Duration(clock.now() - began);
    if (found) {
      answer.addresses = std::move(*found);
    } else {
      answer.why = found.error().message;
    }
  }
  why = answer.why;
  return answer.addresses.empty() ? nullptr : &answer.addresses;
}

void ClusterSet::resolve(ClusterConf& cluster, conf::Diagnostics& diagnostics) {
  for (ServerConf& server : cluster.servers) {
    if (!server.addresses.empty()) continue;
    if (server.endpoint.address.known()) {
      server.addresses.push_back(server.endpoint.address);
      continue;
    }
    std::string why;
    if (const std::vector<net::Address>* found = look_up(server.endpoint.host, server.endpoint.port, why)) {
      server.addresses = *found;
    } else {
      diagnostics.warn(cluster.at, "{} in upstream \"{}\"; the workers go on asking", why, cluster.name);
    }
  }
}

}  // namespace upstream
