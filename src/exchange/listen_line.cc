#include "exchange/listen_line.h"

#include "base/text.h"
#include "base/units.h"
#include "net/resolver.h"
#include "proto/quic.h"

namespace exchange {

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
  if (option == "quic") {
    if (!proto::has_quic()) return base::fail("\"quic\" needs HTTP/3, which this program is built without");
    line.quic = line.options.quic = true;
    return {};
  }
  if (option == "spdy") return base::fail("the \"spdy\" parameter of listen is not built yet");
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

}  // namespace

base::Result<ListenLine> parse_listen_line(const conf::Directive& directive, uint16_t default_port,
                                           conf::Site& site) {
  base::Result<net::Endpoint> endpoint = net::parse_listen(directive.arg(0), default_port);
  if (!endpoint) return tl::unexpected(endpoint.error());
  ListenLine line;
  line.at = directive.name.at;
  for (size_t i = 1; i < directive.args.size(); ++i) {
    base::Result<void> option = parse_option(directive.arg(i), line);
    if (!option) site.diagnostics->error(directive.args[i].at, "{}", option.error().message);
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
  return line;
}

}  // namespace exchange
