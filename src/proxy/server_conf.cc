#include "proxy/server_conf.h"

namespace proxy {

namespace {

// What a listener of datagrams cannot be as well.
base::Result<void> check_quic(const ListenLine& line) {
  if (!line.quic) return {};
  if (line.ssl) return base::fail("\"ssl\" parameter is incompatible with \"quic\"");
  if (line.http2) return base::fail("\"http2\" parameter is incompatible with \"quic\"");
  if (line.proxy_protocol) return base::fail("\"proxy_protocol\" parameter is incompatible with \"quic\"");
  if (line.addresses.front().is_unix())
    return base::fail("\"quic\" parameter is incompatible with a Unix socket");
  return {};
}

base::Result<void> add_listen(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<exchange::ListenLine> line = exchange::parse_listen_line(directive, 80, site);
  if (!line) return tl::unexpected(line.error());
  if (line->http2) {
    site.diagnostics->warn(
        line->at, "the \"listen ... http2\" directive is deprecated, use the \"http2\" directive instead");
  }
  base::Result<void> sound = check_quic(*line);
  if (!sound) return sound;
  static_cast<ServerConf*>(section)->listens.push_back(std::move(*line));
  return {};
}

base::Result<void> add_names(void* section, const conf::Directive& directive, conf::Site&) {
  ServerConf& server = *static_cast<ServerConf*>(section);
  server.has_names = true;
  for (const conf::Word& word : directive.args) server.names.push_back(word.text);
  return {};
}

base::Result<void> set_nothing(void*, const conf::Directive&, conf::Site&) { return {}; }

const conf::Row kRows[] = {
    {.name = "server",
     .contexts = conf::kHttp,
     .syntax = "{ ... }",
     .min_args = 0,
     .max_args = 0,
     .help = "A virtual server.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true,
     .block = conf::Block::scope,
     .opens = conf::kServer},
    {.name = "location",
     .contexts = conf::kServer | conf::kLocation,
     .syntax = "[ = | ~ | ~* | ^~ ] uri { ... } | @name { ... }",
     .min_args = 1,
     .max_args = 2,
     .help = "What applies to a part of the URIs of a server.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .repeat = true,
     .block = conf::Block::scope,
     .opens = conf::kLocation},
    {.name = "limit_except",
     .contexts = conf::kLocation,
     .syntax = "method ... { ... }",
     .min_args = 1,
     .max_args = conf::Row::kAny,
     .help = "What applies to all other methods; GET includes HEAD.",
     .set = set_nothing,
     .inherit = conf::Inherit::none,
     .block = conf::Block::scope,
     .opens = conf::kLimitExcept},
    {.name = "listen",
     .contexts = conf::kServer,
     .syntax = "address[:port] | port | unix:path [default_server] [ssl | quic] [http2] [proxy_protocol] "
               "[reuseport] [backlog=number] [rcvbuf=size] [sndbuf=size] [deferred] [fastopen=number] "
               "[ipv6only=on|off] [so_keepalive=on|off|[idle]:[interval]:[count]] [bind]",
     .min_args = 1,
     .max_args = conf::Row::kAny,
     .help = "Where the server accepts connections; with proxy_protocol each begins with a header of the "
             "PROXY protocol, version 1 or 2. Without any, *:80, or *:8000 when not started as root.",
     .set = add_listen,
     .inherit = conf::Inherit::none,
     .repeat = true},
    {.name = "server_name",
     .contexts = conf::kServer,
     .syntax = "name ...",
     .min_args = 1,
     .max_args = conf::Row::kAny,
     .help =
         "The hosts the server answers for: exact, *.wildcard, wildcard.*, .both, or ~regular expression.",
     .set = add_names,
     .inherit = conf::Inherit::none,
     .repeat = true},
};

}  // namespace

const conf::Section ServerConf::kSection = conf::section<ServerConf>("server", kRows);

}  // namespace proxy
