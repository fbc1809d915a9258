#include "modules/proxy_core/request.h"

#include "base/text.h"
#include "http/tokens.h"

namespace proxy_core {
namespace {

using exchange::Exchange;
using http::Framing;
using http::Name;

// What Connection names is for this hop only (RFC 9110 §7.6.1); most requests name nothing there but what is
// never passed on anyway.
bool names_fields(const http::Fields& fields) {
  if (!fields.has(Name::connection)) return false;
  std::string_view options = fields.combined(Name::connection);
  return !base::equals_ignoring_case(options, "keep-alive") && !base::equals_ignoring_case(options, "close");
}

void add_client_fields(const http::Fields& from, const NameSet& replaced, http::Fields& to) {
  bool check = names_fields(from);
  std::string_view options = check ? from.combined(Name::connection) : std::string_view();
  for (const http::Field& field : from) {
    if (replaced.has(field)) continue;
    if (check && http::list_has(options, field.name)) continue;
    to.add(field);
  }
}

}  // namespace

void build_fields(Exchange& exchange, const ProxyConf& conf, http::Fields& fields) {
  for (const SetHeader& header : conf.headers) {
    std::string_view value = header.value.evaluate(exchange);
    if (!value.empty()) fields.add({header.name, value, header.id});
  }
  // A gRPC client says so that it reads trailers, and a server wants to hear it.
  bool tells_te = conf.family == &kGrpc && !conf.rules.sets(Name::te);
  if (tells_te && http::list_has(exchange.request.fields, Name::te, "trailers")) {
    fields.add(Name::te, "trailers");
  }
  if (conf.pass_headers) add_client_fields(exchange.request.fields, conf.replaced, fields);
}

bool sends_client_body(const Exchange& exchange, const ProxyConf& conf) {
  return exchange.has_body() && conf.pass_body && !conf.body;
}

bool reads_body_first(const Exchange& exchange, const ProxyConf& conf) {
  if (!sends_client_body(exchange, conf)) return false;
  bool needs_length = conf.version == http::Version::http10 && exchange.request.framing != Framing::length;
  return conf.request_buffering || needs_length;
}

void describe_request(Exchange& exchange, const ProxyConf& conf, http::OriginRequest& request) {
  request.method = conf.method.empty() ? exchange.request.method_text : conf.method.evaluate(exchange);
  request.version = conf.version;
  request.framing = Framing::none;
  request.content_length = 0;
  if (sends_client_body(exchange, conf)) {
    request.framing = exchange.request.framing;
    request.content_length = exchange.request.content_length;
  } else if (exchange.request.fields.has(Name::content_length) && !exchange.has_body()) {
    request.framing = Framing::length;  // the client said 0
  }
}

}  // namespace proxy_core
