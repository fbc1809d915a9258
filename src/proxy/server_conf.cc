#include "proxy/server_conf.h"

#include "base/text.h"
#include "base/units.h"
#include "net/resolver.h"

namespace proxy {

namespace {

base::Result<bool> parse_switch(std::string_view name, std::string_view value) {
  if (value == "on") return true;
  if (value == "off") return false;
  return base::fail("invalid {} \"{}\", it must be on or off", name, value);
}

base::Result<int> parse_count(std::string_view name, std::string_view value) {
  std::optional<uint64_t> count = base::parse_uint(value);
  if (!count || *count > INT32_MAX) return base::fail("invalid {} \"{}\"", name, value);
  return static_cast<int>(*count);
}

base::Result<int> parse_bytes(std::string_view name, std::string_view value) {
  base::Result<uint64_t> bytes = base::parse_size(value);
  if (!bytes || *bytes > INT32_MAX) return base::fail("invalid {} \"{}\"", name, value);
  return static_cast<int>(*bytes);
}

// "on", "off", or "idle:interval:probes" with any part left out.
base::Result<net::KeepAlive> parse_keepalive(std::string_view value) {
  net::KeepAlive keepalive;
  if (value == "on") return keepalive;
  if (value == "off") {
    keepalive.on = false;
    return keepalive;
  }
  int* parts[] = {&keepalive.idle_seconds, &keepalive.interval_seconds, &keepalive.probes};
  for (int i = 0; i < 3; ++i) {
    size_t colon = value.find(':');
    std::string_view part = value.substr(0, colon);
    if (!part.empty() && i < 2) {
      base::Result<base::Duration> time = base::parse_duration(part);
      if (!time) return base::fail("invalid so_keepalive \"{}\"", part);
      *parts[i] = static_cast<int>(time->count() / 1000);
    } else if (!part.empty()) {
      base::Result<int> probes = parse_count("so_keepalive", part);
      if (!probes) return tl::unexpected(probes.error());
      *parts[i] = *probes;
    }
    if (colon == std::string_view::npos) return keepalive;
    value.remove_prefix(colon + 1);
  }
  return base::fail("invalid so_keepalive: more than three parts");
}

template <class T, class Place>
base::Result<void> store(base::Result<T> parsed, Place& place) {
  if (!parsed) return tl::unexpected(parsed.error());
  place = *parsed;
  return {};
}

base::Result<void> parse_option(std::string_view option, ListenLine& line) {
  if (option == "default_server" || option == "default") {
    line.default_server = true;
    return {};
  }
  if (option == "ssl") {
    line.ssl = true;
    return {};
  }
  if (option == "proxy_protocol") {
    line.proxy_protocol = true;
    return {};
  }
  if (option == "http2") {
    line.http2 = true;
    return {};
  }
  for (std::string_view later : {"quic", "spdy"}) {
    if (option == later) return base::fail("the \"{}\" parameter of listen is not built yet", option);
  }
  line.has_options = true;
  if (option == "bind") return {};
  if (option == "reuseport") {
    line.options.reuseport = true;
    return {};
  }
  if (option == "deferred") {
    line.options.deferred = true;
    return {};
  }
  size_t equals = option.find('=');
  std::string_view name = option.substr(0, equals);
  std::string_view value = equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1);
  if (name == "backlog") return store(parse_count(name, value), line.options.backlog);
  if (name == "rcvbuf") return store(parse_bytes(name, value), line.options.rcvbuf);
  if (name == "sndbuf") return store(parse_bytes(name, value), line.options.sndbuf);
  if (name == "fastopen") return store(parse_count(name, value), line.options.fastopen);
  if (name == "ipv6only") return store(parse_switch(name, value), line.options.ipv6only);
  if (name == "so_keepalive") {
    base::Result<net::KeepAlive> keepalive = parse_keepalive(value);
    if (!keepalive) return tl::unexpected(keepalive.error());
    line.options.so_keepalive = *keepalive;
    return {};
  }
  return base::fail("invalid parameter \"{}\"", option);
}

base::Result<void> add_listen(void* section, const conf::Directive& directive, conf::Site& site) {
  ServerConf& server = *static_cast<ServerConf*>(section);
  base::Result<net::Endpoint> endpoint = net::parse_listen(directive.arg(0), 80);
  if (!endpoint) return tl::unexpected(endpoint.error());
  ListenLine line;
  line.at = directive.name.at;
  for (size_t i = 1; i < directive.args.size(); ++i) {
    base::Result<void> option = parse_option(directive.arg(i), line);
    if (!option) site.diagnostics->error(directive.args[i].at, "{}", option.error().message);
  }
  if (line.http2) {
    site.diagnostics->warn(
        line.at, "the \"listen ... http2\" directive is deprecated, use the \"http2\" directive instead");
  }
  if (endpoint->address.known()) {
    for (unsigned port = endpoint->port; port <= endpoint->last_port; ++port) {
      line.addresses.push_back(endpoint->address.with_port(static_cast<uint16_t>(port)));
    }
  } else {
    net::Resolver::Found found = net::resolve_blocking(endpoint->host, endpoint->port, base::seconds(10));
    if (!found) return base::fail("host not found in \"{}\": {}", directive.arg(0), found.error().message);
    line.addresses = std::move(*found);
  }
  server.listens.push_back(std::move(line));
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
     .syntax =
         "address[:port] | port | unix:path [default_server] [ssl] [http2] [proxy_protocol] [reuseport] "
         "[backlog=number] "
         "[rcvbuf=size] "
         "[sndbuf=size] [deferred] [fastopen=number] [ipv6only=on|off] "
         "[so_keepalive=on|off|[idle]:[interval]:[count]] [bind]",
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
