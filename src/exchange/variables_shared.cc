// The variables that every Subject has, at whatever layer: who is there, through which connection, when.

#include <unistd.h>

#include <climits>

#include "base/text.h"
#include "exchange/subject.h"
#include "exchange/version.h"
#include "net/address.h"
#include "net/proxy_protocol.h"

namespace exchange {
namespace {

using Argument = std::string_view;
using Constant = const void*;
using net::ProxyHeader;

Value number(Subject& subject, uint64_t value) {
  fmt::format_int text(value);
  return {subject.arena.copy({text.data(), text.size()})};
}

/// Milliseconds as seconds with three digits behind the point.
Value seconds(Subject& subject, int64_t milliseconds) {
  milliseconds = std::max<int64_t>(milliseconds, 0);
  char text[32];
  auto end = fmt::format_to(text, "{}.{:03}", milliseconds / 1000, milliseconds % 1000);
  return {subject.arena.copy({text, static_cast<size_t>(end - text)})};
}

// Who asks, and whom.

Value remote_addr(Subject& e, Argument, Constant) { return {e.client_text()}; }
Value binary_remote_addr(Subject& e, Argument, Constant) { return {e.client->ip_bytes()}; }
Value remote_port(Subject& e, Argument, Constant) {
  return e.client->port() == 0 ? Value{} : number(e, e.client->port());
}
Value server_addr(Subject& e, Argument, Constant) { return {e.arena.copy(e.connection.local->ip_text())}; }
Value server_port(Subject& e, Argument, Constant) {
  uint16_t port = e.connection.local->port();
  return port == 0 ? Value{} : number(e, port);
}
Value connection(Subject& e, Argument, Constant) { return number(e, e.connection.id); }

// What a proxy in front said.

template <auto Member>
Value proxied_address(Subject& e, Argument, Constant) {
  const ProxyHeader* header = e.connection.proxy.get();
  if (header == nullptr || !(header->*Member).known()) return {};
  return {e.arena.copy((header->*Member).ip_text())};
}
template <auto Member>
Value proxied_port(Subject& e, Argument, Constant) {
  const ProxyHeader* header = e.connection.proxy.get();
  uint16_t port = header == nullptr ? 0 : (header->*Member).port();
  return port == 0 ? Value{} : number(e, port);
}

struct TlvName {
  std::string_view name;
  uint8_t type;
};
// "The PROXY protocol", §2.2; the second are those inside the TLV of what TLS said.
constexpr TlvName kTlvs[] = {
    {"alpn", 0x01}, {"authority", 0x02}, {"unique_id", 0x05}, {"ssl", 0x20}, {"netns", 0x30}};
constexpr TlvName kSslTlvs[] = {
    {"version", 0x21}, {"cn", 0x22}, {"cipher", 0x23}, {"sig_alg", 0x24}, {"key_alg", 0x25}};

// Names that none of these bear are never found, as in nginx.
std::optional<std::string_view> find_tlv(Subject& e, const ProxyHeader& header, std::string_view name) {
  if (name == "ssl_verify") {
    std::optional<uint32_t> verify = header.ssl_verify();
    return verify ? std::optional(number(e, *verify).text) : std::nullopt;
  }
  if (name.starts_with("0x")) {
    std::optional<uint64_t> type = base::parse_hex(name.substr(2));
    return type && *type <= UINT8_MAX ? header.tlv(static_cast<uint8_t>(*type)) : std::nullopt;
  }
  for (const TlvName& known : kTlvs) {
    if (name == known.name) return header.tlv(known.type);
  }
  for (const TlvName& known : kSslTlvs) {
    if (name.starts_with("ssl_") && name.substr(4) == known.name) return header.ssl_tlv(known.type);
  }
  return std::nullopt;
}

Value proxied_tlv(Subject& e, Argument name, Constant) {
  const ProxyHeader* header = e.connection.proxy.get();
  std::optional<std::string_view> value = header == nullptr ? std::nullopt : find_tlv(e, *header, name);
  return value ? Value{*value} : Value::none();
}

// The time.

Value msec(Subject& e, Argument, Constant) { return seconds(e, e.worker.clock().wall()); }
// The clock's own text changes with the next second.
Value time_iso8601(Subject& e, Argument, Constant) { return {e.arena.copy(e.worker.clock().iso_time())}; }
Value time_local(Subject& e, Argument, Constant) { return {e.arena.copy(e.worker.clock().local_time())}; }

// The machine.

Value hostname(Subject&, Argument, Constant) {
  static const std::string kName = [] {
    char name[HOST_NAME_MAX + 1] = {};
    gethostname(name, sizeof name - 1);
    return base::lower(name);
  }();
  return {kName};
}
Value pid(Subject& e, Argument, Constant) { return number(e, static_cast<uint64_t>(getpid())); }
Value nginx_version(Subject&, Argument, Constant) { return {kNginxVersion}; }

struct Named {
  std::string_view name;
  GetShared get;
};

constexpr Named kVariables[] = {
    {"binary_remote_addr", binary_remote_addr},
    {"connection", connection},
    {"hostname", hostname},
    {"msec", msec},
    {"nginx_version", nginx_version},
    {"pid", pid},
    {"proxy_protocol_addr", proxied_address<&ProxyHeader::source>},
    {"proxy_protocol_port", proxied_port<&ProxyHeader::source>},
    {"proxy_protocol_server_addr", proxied_address<&ProxyHeader::destination>},
    {"proxy_protocol_server_port", proxied_port<&ProxyHeader::destination>},
    {"remote_addr", remote_addr},
    {"remote_port", remote_port},
    {"server_addr", server_addr},
    {"server_port", server_port},
    {"time_iso8601", time_iso8601},
    {"time_local", time_local},
};

}  // namespace

void define_shared_variables(Variables& variables) {
  for (const Named& named : kVariables) variables.define(std::string(named.name), named.get);
  variables.define_prefix("proxy_protocol_tlv_", proxied_tlv);
  define_tls_variables(variables);
}

}  // namespace exchange
