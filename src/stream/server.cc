#include "stream/server.h"

#include "exchange/clusters.h"
#include "exchange/core_setters.h"
#include "exchange/setters.h"

namespace stream {
namespace {

using conf::Row;

constexpr uint32_t kAnywhere = conf::kStream | conf::kStreamServer;

ServerConf& server_of(void* section) { return *static_cast<ServerConf*>(section); }

base::Result<void> set_nothing(void*, const conf::Directive&, conf::Site&) { return {}; }

base::Result<void> add_listen(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<exchange::ListenLine> line = exchange::parse_listen_line(directive, 0, site);
  if (!line) return tl::unexpected(line.error());
  if (line->ssl) return base::fail("the \"ssl\" parameter of listen is not built yet in stream");
  if (line->http2) return base::fail("the \"http2\" parameter of listen is of no use in stream");
  if (line->default_server) return base::fail("a server of stream cannot be a default: it has no names");
  for (const net::Address& address : line->addresses) {
    if (address.is_unix() || address.port() != 0) continue;
    return base::fail("no port in \"{}\" of the \"listen\" directive", directive.arg(0));
  }
  server_of(section).listens.push_back(std::move(*line));
  return {};
}

base::Result<void> set_pass(void* section, const conf::Directive& directive, conf::Site& site) {
  exchange::Builder& builder = exchange::builder_of(site);
  ProxyPass& pass = server_of(section).pass.emplace();
  pass.groups = exchange::clusters(builder);
  base::Result<exchange::Template> text = exchange::Template::compile(directive.args[0], builder);
  if (!text) return tl::unexpected(text.error());
  pass.text = std::move(*text);
  return {};
}

// Which group a fixed text names is known when the whole file has been read.
base::Result<void> find_cluster(ProxyPass& pass, conf::Position at, exchange::Builder& builder) {
  std::shared_ptr<upstream::ClusterSet> groups = exchange::clusters(builder);
  const std::string& name = pass.text.literal();
  pass.cluster = groups->find(name);
  if (pass.cluster) return {};
  base::Result<net::Endpoint> endpoint = net::parse_origin(name, 0);
  if (!endpoint) return tl::unexpected(endpoint.error());
  if (endpoint->port == 0 && !endpoint->address.is_unix())
    return base::fail("no port in upstream \"{}\"", name);
  pass.cluster = groups->plain(*endpoint, at, *builder.diagnostics);
  return {};
}

base::Result<void> set_literal_pass(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<void> set = set_pass(section, directive, site);
  ProxyPass& pass = *server_of(section).pass;
  if (!set || !pass.text.is_literal()) return set;
  exchange::Builder& builder = exchange::builder_of(site);
  conf::Position at = directive.args[0].at;
  builder.later(at, [&pass, at, &builder] { return find_cluster(pass, at, builder); });
  return {};
}

base::Result<void> set_resolver(void* section, const conf::Directive& directive, conf::Site& site) {
  (void)site;
  return exchange::core::read_resolver(directive, server_of(section).resolver);
}

base::Result<void> set_resolver_timeout(void* section, const conf::Directive& directive, conf::Site& site) {
  return conf::set_time<&exchange::ResolverConf::timeout>(&server_of(section).resolver, directive, site);
}

base::Result<void> check_server(void* section, conf::Site& site) {
  ServerConf& server = server_of(section);
  if (site.context != conf::kStreamServer) return {};
  if (server.listens.empty()) return base::fail("no \"listen\" is defined for server");
  if (server.buffer_size == 0) return base::fail("\"proxy_buffer_size\" cannot be 0");
  if (!server.pass) return base::fail("the server has no handler: \"proxy_pass\" is missing");
  return {};
}

constexpr Row kRows[] = {
    {.name = "stream",
     .contexts = conf::kMain,
     .syntax = "{ ... }",
     .min_args = 0,
     .max_args = 0,
     .help = "Servers of layer 4: what is behind them speaks any protocol over TCP.",
     .set = set_nothing,
     .block = conf::Block::scope,
     .opens = conf::kStream},
    {.name = "server",
     .contexts = conf::kStream,
     .syntax = "{ ... }",
     .min_args = 0,
     .max_args = 0,
     .help = "Where connections are accepted, and what becomes of them.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true,
     .block = conf::Block::scope,
     .opens = conf::kStreamServer},
    {.name = "listen",
     .contexts = conf::kStreamServer,
     .syntax = "address:port | port | unix:path [proxy_protocol] [reuseport] [backlog=number] [rcvbuf=size] "
               "[sndbuf=size] [deferred] [fastopen=number] [ipv6only=on|off] "
               "[so_keepalive=on|off|[idle]:[interval]:[count]] [bind]",
     .max_args = Row::kAny,
     .help = "Where the server accepts connections. Each address belongs to one server.",
     .set = add_listen,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "proxy_pass",
     .contexts = conf::kStreamServer,
     .syntax = "address:port | unix:path | upstream",
     .help = "Where sessions go. It may hold variables.",
     .set = set_literal_pass,
     .inherit = conf::Inherit::none},
    {.name = "proxy_connect_timeout",
     .contexts = kAnywhere,
     .syntax = "time",
     .default_text = "60s",
     .help = "How long a connection to a server may take.",
     .set = conf::set_time<&ServerConf::connect_timeout>},
    {.name = "proxy_timeout",
     .contexts = kAnywhere,
     .syntax = "time",
     .default_text = "120s",
     .nginx_default = "10m",
     .help = "A session ends when no byte has moved in either direction for this long.",
     .set = conf::set_time<&ServerConf::timeout>},
    {.name = "proxy_buffer_size",
     .contexts = kAnywhere,
     .syntax = "size",
     .default_text = "16k",
     .help = "The most that is held of each direction of a session.",
     .set = conf::set_size<&ServerConf::buffer_size>},
    {.name = "proxy_half_close",
     .contexts = kAnywhere,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Whether one direction may end before the other; otherwise both end together.",
     .set = conf::set_flag<&ServerConf::half_close>},
    {.name = "proxy_socket_keepalive",
     .contexts = kAnywhere,
     .syntax = "on | off",
     .default_text = "off",
     .help = "SO_KEEPALIVE on connections to servers.",
     .set = conf::set_flag<&ServerConf::socket_keepalive>},
    {.name = "proxy_next_upstream",
     .contexts = kAnywhere,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Whether another server is tried when a connection cannot be made.",
     .set = conf::set_flag<&ServerConf::next_upstream>},
    {.name = "proxy_next_upstream_tries",
     .contexts = kAnywhere,
     .syntax = "number",
     .default_text = "0",
     .help = "How many servers are tried at most; 0: all.",
     .set = conf::set_number<&ServerConf::next_upstream_tries>},
    {.name = "proxy_next_upstream_timeout",
     .contexts = kAnywhere,
     .syntax = "time",
     .default_text = "0",
     .help = "For how long other servers are tried; 0: no limit.",
     .set = conf::set_time<&ServerConf::next_upstream_timeout>},
    {.name = "resolver",
     .contexts = kAnywhere,
     .syntax = "address ... [valid=time] [ipv4=on|off] [ipv6=on|off]",
     .max_args = Row::kAny,
     .help = "Name servers for names that only the session tells; without it the system's.",
     .set = set_resolver},
    {.name = "resolver_timeout",
     .contexts = kAnywhere,
     .syntax = "time",
     .default_text = "30s",
     .help = "How long an answer may take.",
     .set = set_resolver_timeout},
    {.name = "tcp_nodelay",
     .contexts = kAnywhere,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Whether small pieces leave at once, on both sides.",
     .set = conf::set_flag<&ServerConf::nodelay>},
};

}  // namespace

const conf::Section ServerConf::kSection = conf::section<ServerConf>("stream", kRows, check_server);

}  // namespace stream
