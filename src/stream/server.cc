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
  if (line->quic) return base::fail("the \"quic\" parameter of listen is of no use in stream");
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

base::Result<void> add_set(void* section, const conf::Directive& directive, conf::Site& site) {
  exchange::Builder& builder = exchange::builder_of(site);
  std::string_view name = directive.arg(0);
  if (!name.starts_with('$') || name.size() < 2) return base::fail("invalid variable name \"{}\"", name);
  if (builder.variables().fixed(name.substr(1)))
    return base::fail("the duplicate \"{}\" variable", name.substr(1));
  base::Result<exchange::Template> value = exchange::Template::compile(directive.args[1], builder);
  if (!value) return tl::unexpected(value.error());
  server_of(section).sets.push_back({builder.variables().slot(name.substr(1)), std::move(*value)});
  return {};
}

base::Result<void> set_return(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<exchange::Template> text =
      exchange::Template::compile(directive.args[0], exchange::builder_of(site));
  if (!text) return tl::unexpected(text.error());
  server_of(section).answer = std::move(*text);
  return {};
}

base::Result<void> set_bind(void* section, const conf::Directive& directive, conf::Site& site) {
  ServerConf& server = server_of(section);
  if (directive.args.size() > 1) {
    if (directive.arg(1) != "transparent") return base::fail("invalid parameter \"{}\"", directive.arg(1));
    server.bind_transparent = true;
  }
  if (directive.arg(0) == "off") return {};
  base::Result<void> set = exchange::set_template<&ServerConf::bind>(section, directive, site);
  if (!set || !server.bind.is_literal()) return set;
  base::Result<net::Endpoint> endpoint = net::parse_origin(server.bind.literal(), 0);
  if (!endpoint || !endpoint->address.known()) return base::fail("invalid address \"{}\"", directive.arg(0));
  return {};
}

template <auto Member>
base::Result<void> set_rate(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<void> set = exchange::set_template<Member>(section, directive, site);
  const exchange::Template& rate = conf::detail::member<Member>(section);
  if (!set || !rate.is_literal()) return set;
  base::Result<uint64_t> bytes = base::parse_size(rate.literal());
  if (!bytes) return tl::unexpected(bytes.error());
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
  constexpr uint32_t kLeastBuffer = 512;  // a header of the PROXY protocol fits
  if (server.buffer_size < kLeastBuffer)
    return base::fail("\"proxy_buffer_size\" must be at least {} bytes", kLeastBuffer);
  if (server.preread_buffer_size == 0) return base::fail("\"preread_buffer_size\" cannot be 0");
  int handlers = server.pass.has_value() + server.answer.has_value() + !server.hand_over.empty();
  if (handlers == 0) return base::fail("the server has none of \"proxy_pass\", \"return\" and \"pass\"");
  if (handlers > 1)
    return base::fail("only one of \"proxy_pass\", \"return\" and \"pass\" can stand in a server");
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
    {.name = "return",
     .contexts = conf::kStreamServer,
     .syntax = "text",
     .help = "Answers with this text, in which variables may stand, and closes.",
     .set = set_return,
     .inherit = conf::Inherit::none},
    {.name = "pass",
     .contexts = conf::kStreamServer,
     .syntax = "address:port | unix:path",
     .help =
         "Hands connections to the server, of http or stream, that listens on this address; variables may "
         "stand in it.",
     .set = exchange::set_template<&ServerConf::hand_over>,
     .inherit = conf::Inherit::none},
    {.name = "set",
     .contexts = conf::kStreamServer,
     .syntax = "$variable text",
     .min_args = 2,
     .max_args = 2,
     .help = "Sets a variable, once what is preread is there.",
     .set = add_set,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "ssl_preread",
     .contexts = kAnywhere,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Waits for a ClientHello, without taking it, for $ssl_preread_server_name, "
             "$ssl_preread_alpn_protocols and $ssl_preread_protocol.",
     .set = conf::set_flag<&ServerConf::preread_hello>},
    {.name = "preread_buffer_size",
     .contexts = kAnywhere,
     .syntax = "size",
     .default_text = "16k",
     .help = "How long what is preread may be.",
     .set = conf::set_size<&ServerConf::preread_buffer_size>},
    {.name = "preread_timeout",
     .contexts = kAnywhere,
     .syntax = "time",
     .default_text = "30s",
     .help = "How long one waits for it.",
     .set = conf::set_time<&ServerConf::preread_timeout>},
    {.name = "proxy_protocol_timeout",
     .contexts = kAnywhere,
     .syntax = "time",
     .default_text = "30s",
     .help = "How long the header of the PROXY protocol may take where listen asks for one.",
     .set = conf::set_time<&ServerConf::proxy_protocol_timeout>},
    {.name = "proxy_protocol",
     .contexts = kAnywhere,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Tells servers of the client by the PROXY protocol, version 1.",
     .set = conf::set_flag<&ServerConf::write_proxy_protocol>},
    {.name = "proxy_bind",
     .contexts = kAnywhere,
     .syntax = "address [transparent] | off",
     .max_args = 2,
     .help = "Our address on connections to servers; variables may stand in it.",
     .set = set_bind},
    {.name = "proxy_upload_rate",
     .contexts = kAnywhere,
     .syntax = "rate",
     .default_text = "0",
     .help =
         "The most that is read from a client, in bytes a second; 0: no limit. Variables may stand in it.",
     .set = set_rate<&ServerConf::upload_rate>},
    {.name = "proxy_download_rate",
     .contexts = kAnywhere,
     .syntax = "rate",
     .default_text = "0",
     .help =
         "The most that is read from a server, in bytes a second; 0: no limit. Variables may stand in it.",
     .set = set_rate<&ServerConf::download_rate>},
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
