#include "proxy/router.h"

#include "exchange/core_conf.h"
#include "exchange/escape.h"
#include "proxy/http2_conf.h"
#include "proxy/tls_access.h"

namespace proxy {

using exchange::Exchange;
using exchange::Verdict;

namespace {

const VirtualServer& server_of(const Exchange& exchange) {
  return static_cast<const VirtualServer&>(*exchange.route->server);
}

// TRACE would show scripts what their browser adds in secret (RFC 9110 §9.3.8), CONNECT make us an open
// proxy.
bool is_never_served(const http::Request& request) {
  return request.method == http::Method::trace ||
         (request.method == http::Method::connect && request.path.empty());
}

Verdict redirect_to_slash(Exchange& exchange) {
  std::string_view location = exchange::escape_path(exchange.request.path, exchange.arena);
  location = exchange.request.query.empty() ? exchange.arena.join(location, "/")
                                            : exchange.arena.join(location, "/?", exchange.request.query);
  Verdict verdict = exchange.answer(301);
  exchange.reply.head.fields.set(http::Name::location, location);
  return verdict;
}

void apply_policy(Exchange& exchange) {
  const exchange::CoreConf& core = *exchange.route->core;
  exchange.stream.policy() = core.policy;
  exchange.stream.policy().max_body_size = core.client_max_body_size;
  if (exchange.request.version != http::Version::http2) return;
  exchange.stream.policy().http2_chunk = exchange.route->get<Http2Conf>(Http2Conf::kSection).chunk_size;
}

// Whether the body says itself that it is larger than its location takes. nginx asks before rewrites and
// `return`.
bool is_body_too_large(Exchange& exchange) {
  const http::Request& request = exchange.request;
  uint64_t limit = exchange.route->core->client_max_body_size;
  bool too_large = request.framing == http::Framing::length && limit != 0 && request.content_length > limit;
  if (!too_large || exchange.error_status != 0) return false;
  exchange.log(base::LogLevel::error, "client intended to send too large body: {} bytes",
               request.content_length);
  return true;
}

Verdict stay(Exchange& exchange) {
  apply_policy(exchange);
  return is_body_too_large(exchange) ? exchange.answer(413) : Verdict::next;
}

// Who the client is must be known to all that may ask, an `if` of the server already: nginx's first phase.
// Where the server's lines do not tell, those of the location do when the hooks run.
void identify(Exchange& exchange) {
  for (const auto& hook : exchange.route->on_request) {
    if (hook.module->priority > exchange::priority::real_ip) return;
    hook.function({exchange, *hook.module, hook.conf});
  }
}

}  // namespace

const ServerNames& Listening::names_for(const net::Address& local) const {
  for (const auto& [address, servers] : specific) {
    if (address == local) return servers;
  }
  return names;
}

Verdict Router::route(Exchange& exchange) const {
  if (exchange.route != nullptr) return enter(exchange, server_of(exchange));
  const http::Connection& connection = exchange.stream.connection();
  const ServerNames& names = listeners_[connection.listener].names_for(*connection.local);
  exchange.route = names.default_server().route;
  const VirtualServer& server = names.find(exchange.request.host, &exchange);
  exchange.route = server.route;
  if (exchange.request.refused != 0) {
    apply_policy(exchange);
    exchange.log(base::LogLevel::info, "client sent a request that is refused: {}",
                 exchange.request.refused_why);
    return exchange.answer(exchange.request.refused);
  }
  if (int status = tls_refusal(exchange, server); status != 0) {
    apply_policy(exchange);
    exchange.stream.close_after();
    return exchange.answer(status);
  }
  if (is_never_served(exchange.request)) {
    apply_policy(exchange);
    exchange.log(base::LogLevel::info, "client sent {} method", exchange.request.method_text);
    exchange.stream.close_after();  // what follows a CONNECT may be no request
    return exchange.answer(405);
  }
  identify(exchange);
  return enter(exchange, server);
}

Verdict Router::enter(Exchange& exchange, const VirtualServer& server) const {
  exchange.route = server.route;
  if (server.rewrites.run(exchange) == RewriteEnd::reply) {
    apply_policy(exchange);
    return Verdict::reply;
  }
  const exchange::Route* server_route = exchange.route;  // an `if` in the server may have replaced it
  for (int round = 0; round <= kMaxRounds; ++round) {
    exchange.route = server_route;
    const Location* location = server.locations.find(exchange.request.path, exchange);
    const Location* slashed = server.locations.find_with_slash(exchange.request.path);
    if (slashed != nullptr && (location == nullptr || location->kind == Location::Kind::prefix)) {
      return redirect_to_slash(exchange);
    }
    if (location == nullptr) return stay(exchange);
    bool relocate = false;
    Verdict verdict = enter_location(exchange, server, *location, relocate);
    if (!relocate) return verdict;
  }
  exchange.log(base::LogLevel::error, "rewrite or internal redirection cycle while processing \"{}\"",
               exchange.request.path);
  return exchange.answer(500);
}

Verdict Router::enter_location(Exchange& exchange, const VirtualServer&, const Location& location,
                               bool& relocate) const {
  exchange.route = location.route;
  exchange.rewritten_here = false;
  if (location.route->core->internal && !exchange.internal) return exchange.answer(404);
  if (location.limit_except && !location.limit_except->lets(exchange.request.method_text)) {
    // The rewrites of the location are for the methods that it lets.
    exchange.route = location.limit_except->route;
    return stay(exchange);
  }
  Verdict verdict = stay(exchange);
  if (verdict == Verdict::reply) return verdict;
  RewriteEnd end = location.rewrites.run(exchange);
  relocate = end == RewriteEnd::relocate;
  apply_policy(exchange);  // an `if` may have brought another route
  return end == RewriteEnd::reply ? Verdict::reply : Verdict::next;
}

Verdict Router::route_named(Exchange& exchange, std::string_view name) const {
  const VirtualServer& server = server_of(exchange);
  const Location* location = server.locations.find_named(name);
  if (location == nullptr) {
    exchange.log(base::LogLevel::error, "could not find named location \"{}\"", name);
    return exchange.answer(500);
  }
  bool relocate = false;
  Verdict verdict = enter_location(exchange, server, *location, relocate);
  return relocate ? enter(exchange, server) : verdict;
}

}  // namespace proxy
