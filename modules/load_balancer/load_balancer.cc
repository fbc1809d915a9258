#include "modules/load_balancer/load_balancer.h"

#include "conf/setters.h"
#include "exchange/builder.h"
#include "exchange/clusters.h"
#include "exchange/worker.h"
#include "upstream/origins.h"

namespace load_balancer {
namespace {

using upstream::ClusterConf;
using upstream::KeepAliveConf;

base::Result<void> set_upstream(void*, const conf::Directive& directive, conf::Site& site);

template <auto Member>
base::Result<void> set_keepalive_time(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<base::Duration> time = base::parse_duration(directive.arg(0));
  if (!time) return tl::unexpected(time.error());
  static_cast<ClusterConf*>(section)->keepalive.*Member = *time;
  return {};
}

base::Result<void> set_keepalive_requests(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<int64_t> number = conf::detail::parse_number(directive.arg(0));
  if (!number) return tl::unexpected(number.error());
  if (*number < 0) return base::fail("invalid number \"{}\"", directive.arg(0));
  static_cast<ClusterConf*>(section)->keepalive.requests = static_cast<uint64_t>(*number);
  return {};
}

const conf::Row kRows[] = {
    {.name = "upstream",
     .contexts = conf::kHttp,
     .syntax = "name { ... }",
     .help = "A group of origins that proxy_pass names.",
     .set = set_upstream,
     .repeat = true,
     .block = conf::Block::scope,
     .opens = conf::kUpstream},
    {.name = "upstream",
     .contexts = conf::kStream,
     .syntax = "name { ... }",
     .help = "A group of servers that proxy_pass names.",
     .set = set_upstream,
     .repeat = true,
     .block = conf::Block::scope,
     .opens = conf::kStreamUpstream},
    {.name = "server",
     .contexts = conf::kUpstream | conf::kStreamUpstream,
     .syntax = "address [weight=n] [max_fails=n] [fail_timeout=time] [max_conns=n] [backup] [down]",
     .max_args = conf::Row::kAny,
     .help = "One origin: a name (a peer for each of its addresses), an address, or unix:path; the port is "
             "80 when "
             "none is given. After max_fails failures within fail_timeout it is left alone for fail_timeout. "
             "A name "
             "that cannot be resolved at start is a warning, and the workers go on asking. Where max_conns "
             "leaves no "
             "peer the answer is 503 (nginx: 502).",
     .set = upstream::set_server,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "keepalive",
     .contexts = conf::kUpstream,
     .syntax = "connections [local]",
     .max_args = 2,
     .default_text = "32",
     .nginx_default = "32 local",
     .help = "How many idle connections to this group each worker keeps for the next requests; with local, a "
             "connection is used again only by the location that opened it.",
     .set = upstream::set_keepalive,
     .inherit = conf::Inherit::none},
    {.name = "keepalive_requests",
     .contexts = conf::kUpstream,
     .syntax = "number",
     .default_text = "1000",
     .help = "A connection is closed after this many requests.",
     .set = set_keepalive_requests,
     .inherit = conf::Inherit::none},
    {.name = "keepalive_timeout",
     .contexts = conf::kUpstream,
     .syntax = "time",
     .default_text = "60s",
     .help = "An idle connection is closed after this time.",
     .set = set_keepalive_time<&KeepAliveConf::timeout>,
     .inherit = conf::Inherit::none},
    {.name = "keepalive_time",
     .contexts = conf::kUpstream,
     .syntax = "time",
     .default_text = "1h",
     .help = "A connection older than this is closed after its request.",
     .set = set_keepalive_time<&KeepAliveConf::time>,
     .inherit = conf::Inherit::none},
    {.name = "zone",
     .contexts = conf::kUpstream | conf::kStreamUpstream,
     .syntax = "name [size]",
     .max_args = 2,
     .help = "Failures and connections in use are counted by all workers together, in shared memory that "
             "outlives a "
             "reload. It is as large as its peers need, and at least size.",
     .set = upstream::set_zone,
     .inherit = conf::Inherit::none},
};

const conf::Section kSection = conf::section<ClusterConf>("load_balancer", kRows);

// Names are asked for, and shared memory taken, when the whole file was read.
base::Result<void> complete(ClusterConf& cluster, exchange::Builder& builder) {
  exchange::clusters(builder)->resolve(cluster, *builder.diagnostics);
  if (cluster.zone_name.empty() || builder.segments == nullptr || builder.test_only) return {};
  size_t peers = 0;
  for (const upstream::ServerConf& server : cluster.servers)
    peers += std::max<size_t>(server.addresses.size(), 8);
  base::Result<shm::SegmentPtr> zone =
      upstream::Zone::make(*builder.segments, cluster.zone_name, cluster.zone_size, peers);
  if (!zone) return tl::unexpected(zone.error());
  cluster.zone = *zone;
  return {};
}

// Called for every route that inherits the block: only the first time it is a new one.
base::Result<void> set_upstream(void*, const conf::Directive& directive, conf::Site& site) {
  exchange::Builder& builder = static_cast<exchange::Builder&>(site);
  upstream::ClusterSet& all = *exchange::clusters(builder);
  conf::Position at = directive.name.at;
  std::shared_ptr<ClusterConf> known = all.find(directive.arg(0));
  if (known && known->at.file == at.file && known->at.line == at.line && known->at.column == at.column)
    return {};
  if (known) return base::fail("duplicate upstream \"{}\"", directive.arg(0));

  bool in_stream = builder.realm() == exchange::Realm::stream;
  conf::Context inside = in_stream ? conf::kStreamUpstream : conf::kUpstream;
  const conf::Directive* block = &directive;
  std::shared_ptr<ClusterConf> cluster(
      static_cast<ClusterConf*>(conf::resolve(kSection, conf::Chain(&block, 1), inside, site)));
  cluster->name = directive.arg(0);
  cluster->from_block = true;
  cluster->at = at;
  if (cluster->servers.empty()) return base::fail("no servers are inside upstream \"{}\"", cluster->name);
  // Each realm has its own groups, and so its own zones.
  if (in_stream && !cluster->zone_name.empty()) cluster->zone_name = "stream " + cluster->zone_name;
  bool all_backup = true;
  for (const upstream::ServerConf& server : cluster->servers) all_backup = all_backup && server.peer.backup;
  if (all_backup) return base::fail("no servers but backups are inside upstream \"{}\"", cluster->name);
  all.add(cluster);
  builder.later(at, [cluster, &builder] { return complete(*cluster, builder); });
  return {};
}

base::Result<void> start(const exchange::Module&, exchange::Worker& worker) {
  worker.use(std::make_shared<upstream::Origins>(worker.loop(), worker.log(),
                                                 worker.is_keeper() ? 0 : worker.slot()));
  return {};
}

std::string acts_nowhere(const void*, const exchange::Route&) { return {}; }

}  // namespace

const exchange::Module kModule = {
    .name = "load_balancer",
    .priority = exchange::priority::load_balancer,
    .section = &kSection,
    .active = acts_nowhere,
    .on_worker = start,
};

}  // namespace load_balancer
