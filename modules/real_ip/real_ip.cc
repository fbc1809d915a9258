#include "modules/real_ip/real_ip.h"

#include <algorithm>

#include "base/text.h"
#include "exchange/exchange.h"
#include "exchange/forwarded.h"
#include "exchange/setters.h"
#include "net/proxy_protocol.h"

namespace real_ip {
namespace {

using exchange::Exchange;
using exchange::Value;
using exchange::Verdict;

struct Conf {
  std::vector<net::Cidr> trusted;
  std::string field;
  bool proxy_protocol = false;  ///< the PROXY protocol tells, not a field
  bool recursive = false;
};

base::Result<void> add_trusted(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<net::Cidr> set = net::Cidr::parse(directive.arg(0));
  if (!set) return tl::unexpected(set.error());
  if (set->had_meaningless_bits()) {
    site.diagnostics->warn(directive.args[0].at, "low address bits of {} are meaningless", directive.arg(0));
  }
  static_cast<Conf*>(section)->trusted.push_back(*set);
  return {};
}

base::Result<void> set_field(void* section, const conf::Directive& directive, conf::Site&) {
  Conf& conf = *static_cast<Conf*>(section);
  conf.field = std::string(directive.arg(0));
  conf.proxy_protocol = conf.field == "proxy_protocol";
  return {};
}

constexpr conf::Row kRows[] = {
    {.name = "set_real_ip_from",
     .contexts = conf::kHttpServerLocation | conf::kStream | conf::kStreamServer,
     .syntax = "address | CIDR | unix:",
     .help = "A proxy that is trusted to tell the client's address; in stream by the PROXY protocol.",
     .set = add_trusted,
     .repeat = true},
    {.name = "real_ip_header",
     .contexts = conf::kHttpServerLocation,
     .syntax = "field | proxy_protocol",
     .default_text = "X-Real-IP",
     .help = "The field that tells it, or the PROXY protocol.",
     .set = set_field},
    {.name = "real_ip_recursive",
     .contexts = conf::kHttpServerLocation,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Takes the last address that is not trusted itself, instead of the last.",
     .set = conf::set_flag<&Conf::recursive>},
};
constexpr conf::Section kSection = conf::section<Conf>("real ip", kRows);

struct State {
  bool found;  // what is asked later (by a location, after an internal redirect) must not look behind it
};

/// What the connection's PROXY header says, where its peer is trusted.
std::optional<net::Address> proxied_client(const Conf& conf, const http::Connection& connection,
                                           const net::Address& peer) {
  const net::ProxyHeader* header = connection.proxy.get();
  if (header == nullptr || !header->source.known()) return std::nullopt;
  bool trusted = std::ranges::any_of(conf.trusted, [&](const net::Cidr& set) { return set.contains(peer); });
  return trusted ? std::optional(header->source) : std::nullopt;
}

Verdict on_request(const exchange::Call& call) {
  const Conf& conf = call.conf_as<Conf>();
  Exchange& exchange = call.exchange;
  State& state = exchange.state<State>(call.module);
  if (state.found) return Verdict::next;
  // X-Real-IP holds one address; where it stands several times the last counts.
  std::optional<net::Address> client =
      conf.proxy_protocol ? proxied_client(conf, exchange.connection, *exchange.client)
                          : exchange::forwarded_address(exchange.request.fields, conf.field, *exchange.client,
                                                        conf.trusted, conf.recursive);
  if (!client) return Verdict::next;
  state.found = true;
  exchange.client = exchange.arena.make<net::Address>(*client);
  return Verdict::next;
}

int on_session(exchange::Subject& session, const void* conf) {
  const Conf& own = *static_cast<const Conf*>(conf);
  std::optional<net::Address> client = proxied_client(own, session.connection, *session.client);
  if (client) session.client = session.arena.make<net::Address>(*client);
  return 0;
}

Value remote_addr(exchange::Subject& subject, std::string_view, const void*) {
  return {subject.arena.copy(subject.connection.peer->ip_text())};
}

Value remote_port(exchange::Subject& subject, std::string_view, const void*) {
  uint16_t port = subject.connection.peer->port();
  return port == 0 ? Value{} : Value{subject.arena.copy(std::to_string(port))};
}

void add_variables(exchange::Builder& builder) {
  builder.variables().define("realip_remote_addr", remote_addr);
  builder.variables().define("realip_remote_port", remote_port);
}

std::string active(const void* conf, const exchange::Route&) {
  return static_cast<const Conf*>(conf)->trusted.empty() ? "" : "set_real_ip_from is set";
}

}  // namespace

const exchange::Module kModule = {.name = "real_ip",
                                  .priority = exchange::priority::real_ip,
                                  .section = &kSection,
                                  .state_size = sizeof(State),
                                  .active = active,
                                  .on_request = on_request,
                                  .on_session = on_session,
                                  .add_variables = add_variables,
                                  .add_session_variables = add_variables};

}  // namespace real_ip
