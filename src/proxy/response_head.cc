#include "proxy/response_head.h"

#include <config.h>
#include "base/text.h"
#include "base/units.h"
#include "exchange/core_conf.h"
#include "exchange/server.h"
#include "exchange/server_signature.h"
#include "net/address.h"

namespace proxy {

using exchange::CoreConf;
using exchange::Exchange;

namespace {

// RFC 9110 §10.2.2 allows a relative Location; absolute_redirect (nginx) makes our own absolute.
void make_location_absolute(Exchange& exchange) {
  const CoreConf& core = *exchange.route->core;
  if (!core.absolute_redirect || exchange.reply.source != exchange::Reply::Source::local) return;
  std::string_view location = exchange.reply.head.fields.get(http::Name::location);
  if (!location.starts_with('/')) return;
  const http::Request& request = exchange.request;
  std::string_view host = request.host;
  if (core.server_name_in_redirect && !exchange.route->server->first_name.empty())
    host = exchange.route->server->first_name;
  std::string port;
  uint16_t listening = exchange.stream.connection().local->port();
  bool usual = listening == (request.scheme == "https" ? 443 : 80) || listening == 0;
  if (core.port_in_redirect && !usual) port = fmt::format(":{}", listening);
  std::string address;
  if (host.empty()) {
    address = exchange.stream.connection().local->ip_text();
    host = address;
  }
  exchange.reply.head.fields.set(http::Name::location,
                                 exchange.arena.join(request.scheme, "://", host, port, location));
}

uint64_t evaluate_size(const exchange::Template& text, Exchange& exchange) {
  if (text.empty() || (text.is_literal() && text.literal() == "0")) return 0;
  base::Result<uint64_t> size = base::parse_size(text.evaluate(exchange));
  return size ? *size : 0;
}

void apply_limits(Exchange& exchange) {
  const CoreConf& core = *exchange.route->core;
  http::StreamPolicy& policy = exchange.stream.policy();
  if (exchange.limit_rate)
    policy.limit_rate = *exchange.limit_rate;
  else if (policy.limit_rate == 0)
    policy.limit_rate = evaluate_size(core.limit_rate, exchange);
  if (policy.limit_rate_after == 0) policy.limit_rate_after = evaluate_size(core.limit_rate_after, exchange);
  std::string_view agent = exchange.request.fields.get(http::Name::user_agent);
  bool old_explorer =
      (core.keepalive_disable & CoreConf::kMsie6) != 0 && exchange.request.method == http::Method::post &&
      agent.find("MSIE 6.") != std::string_view::npos && agent.find("Opera") == std::string_view::npos;
  bool safari =
      (core.keepalive_disable & CoreConf::kSafari) != 0 && agent.find("Safari/") != std::string_view::npos &&
      agent.find("Chrome/") == std::string_view::npos && agent.find("Mac OS X") != std::string_view::npos;
  if (old_explorer || safari) exchange.stream.close_after();
}

}  // namespace

void complete_head(Exchange& exchange) {
  http::Response& head = exchange.reply.head;
  if (exchange.page_status != 0) {
    head.status = exchange.page_status;
    head.reason = {};
  }
  if (!head.fields.has(http::Name::server)) {
    std::string_view signature = exchange::server_signature(exchange);
    if (!signature.empty()) head.fields.add(http::Name::server, signature);
  }
  if (!head.fields.has(http::Name::date)) {
    head.fields.add(http::Name::date, exchange.arena.copy(exchange.worker.clock().http_date()));
  }
  make_location_absolute(exchange);
  apply_limits(exchange);
}

}  // namespace proxy
