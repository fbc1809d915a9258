#include "modules/proxy_core/variables.h"

#include <string>

#include "base/text.h"
#include "exchange/exchange.h"
#include "modules/proxy_core/proxy_core.h"
#include "modules/proxy_core/proxying.h"
#include "net/address.h"

namespace proxy_core {
namespace {

using exchange::Exchange;
using exchange::OriginTry;
using exchange::Value;

const Target* target_of(const Exchange& exchange) {
  const void* conf = exchange.route != nullptr ? exchange.route->find(ProxyConf::kSection) : nullptr;
  return conf != nullptr ? static_cast<const ProxyConf*>(conf)->target.get() : nullptr;
}

Value get_host(Exchange& exchange, std::string_view, const void*) {
  const ProxyState& state = exchange.state<ProxyState>(kModule);
  if (state.proxying != nullptr) return {state.proxying->host()};
  const Target* target = target_of(exchange);
  return target != nullptr && target->cluster ? Value{target->host} : Value::none();
}

Value get_port(Exchange& exchange, std::string_view, const void*) {
  const ProxyState& state = exchange.state<ProxyState>(kModule);
  if (state.proxying != nullptr) return {state.proxying->port()};
  const Target* target = target_of(exchange);
  return target != nullptr && target->cluster ? Value{target->port} : Value::none();
}

Value get_forwarded_for(Exchange& exchange, std::string_view, const void*) {
  std::string address = exchange.client != nullptr ? exchange.client->ip_text() : std::string();
  std::string_view before = exchange.request.fields.combined(http::Name::x_forwarded_for);
  if (before.empty()) return {exchange.arena.copy(address)};
  return {exchange.arena.join(before, ", ", address)};
}

// One word a try, as nginx writes them: "a, b".
template <class Print>
Value join_tries(Exchange& exchange, Print print) {
  if (exchange.origin.tries.empty()) return Value::none();
  std::string text;
  for (const OriginTry& entry : exchange.origin.tries) {
    if (!text.empty()) text += ", ";
    print(entry, text);
  }
  return {exchange.arena.copy(text)};
}

Value get_address(Exchange& exchange, std::string_view, const void*) {
  return join_tries(exchange, [](const OriginTry& entry, std::string& text) { text += entry.address; });
}

Value get_status(Exchange& exchange, std::string_view, const void*) {
  return join_tries(exchange, [](const OriginTry& entry, std::string& text) {
    text += entry.status != 0 ? fmt::format("{}", entry.status) : "-";
  });
}

template <auto Member>
Value get_time(Exchange& exchange, std::string_view, const void*) {
  return join_tries(exchange, [](const OriginTry& entry, std::string& text) {
    int64_t ms = entry.*Member;
    text += ms >= 0 ? fmt::format("{}.{:03}", ms / 1000, ms % 1000) : "-";
  });
}

template <auto Member>
Value get_bytes(Exchange& exchange, std::string_view, const void*) {
  return join_tries(
      exchange, [](const OriginTry& entry, std::string& text) { text += fmt::format("{}", entry.*Member); });
}

// "x_request_id" names X-Request-Id.
bool is_named(std::string_view field, std::string_view argument) {
  if (field.size() != argument.size()) return false;
  for (size_t i = 0; i < field.size(); ++i) {
    char c = base::to_lower(field[i]);
    if ((c == '-' ? '_' : c) != base::to_lower(argument[i])) return false;
  }
  return true;
}

Value find_field(Exchange& exchange, const http::Fields& fields, std::string_view argument) {
  std::string_view found;
  bool is_first = true;
  for (const http::Field& field : fields) {
    if (!is_named(field.name, argument)) continue;
    found = is_first ? field.value : exchange.arena.join(found, ", ", field.value);
    is_first = false;
  }
  return is_first ? Value::none() : Value{found};
}

Value get_field(Exchange& exchange, std::string_view argument, const void*) {
  if (exchange.origin.head == nullptr) return Value::none();
  return find_field(exchange, exchange.origin.head->fields, argument);
}

Value get_trailer(Exchange& exchange, std::string_view argument, const void*) {
  if (exchange.origin.trailers == nullptr) return Value::none();
  return find_field(exchange, *exchange.origin.trailers, argument);
}

Value get_cookie(Exchange& exchange, std::string_view argument, const void*) {
  if (exchange.origin.head == nullptr) return Value::none();
  for (const http::Field& field : exchange.origin.head->fields) {
    if (field.id != http::Name::set_cookie) continue;
    std::string_view pair = base::trim(field.value.substr(0, field.value.find(';')));
    size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == argument)
      return {pair.substr(equals + 1)};
  }
  return Value::none();
}

}  // namespace

void add_variables(exchange::Builder& builder) {
  exchange::Variables& variables = builder.variables();
  variables.define("proxy_host", get_host);
  variables.define("proxy_port", get_port);
  variables.define("proxy_add_x_forwarded_for", get_forwarded_for);
  variables.define("upstream_addr", get_address);
  variables.define("upstream_status", get_status);
  variables.define("upstream_connect_time", get_time<&OriginTry::connect_ms>);
  variables.define("upstream_header_time", get_time<&OriginTry::header_ms>);
  variables.define("upstream_response_time", get_time<&OriginTry::response_ms>);
  variables.define("upstream_response_length", get_bytes<&OriginTry::response_length>);
  variables.define("upstream_bytes_received", get_bytes<&OriginTry::bytes_received>);
  variables.define("upstream_bytes_sent", get_bytes<&OriginTry::bytes_sent>);
  variables.define_prefix("upstream_http_", get_field);
  variables.define_prefix("upstream_trailer_", get_trailer);
  variables.define_prefix("upstream_cookie_", get_cookie);
}

}  // namespace proxy_core
