// The variables of the http core. Each is a function; the table at the end names them.

#include <netinet/tcp.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <climits>
#include <cstdlib>

#include "base/text.h"
#include "exchange/basic_credentials.h"
#include "exchange/core_conf.h"
#include "exchange/exchange.h"
#include "exchange/field_variable.h"
#include "exchange/file_path.h"
#include "exchange/request_body.h"
#include "exchange/server.h"
#include "net/address.h"

namespace exchange {
namespace {

using Argument = std::string_view;
using Constant = const void*;

Value number(Exchange& exchange, uint64_t value) {
  fmt::format_int text(value);
  return {exchange.arena.copy({text.data(), text.size()})};
}

/// Milliseconds as seconds with three digits behind the point.
Value seconds(Exchange& exchange, int64_t milliseconds) {
  milliseconds = std::max<int64_t>(milliseconds, 0);
  char text[32];
  auto end = fmt::format_to(text, "{}.{:03}", milliseconds / 1000, milliseconds % 1000);
  return {exchange.arena.copy({text, static_cast<size_t>(end - text)})};
}

Value found_unless_empty(std::string_view text) { return text.empty() ? Value::none() : Value{text}; }

// The request line and its parts.

Value args(Exchange& e, Argument, Constant) { return {e.request.query}; }
void set_args(Exchange& e, std::string_view value) { e.request.query = value; }
Value is_args(Exchange& e, Argument, Constant) { return {e.request.query.empty() ? "" : "?"}; }
Value uri(Exchange& e, Argument, Constant) { return {e.request.path}; }
Value request_uri(Exchange& e, Argument, Constant) { return {e.request.target}; }
Value request_method(Exchange& e, Argument, Constant) { return found_unless_empty(e.request.method_text); }
Value request_line(Exchange& e, Argument, Constant) { return {e.request.request_line}; }
Value scheme(Exchange& e, Argument, Constant) { return {e.request.scheme}; }
Value https(Exchange& e, Argument, Constant) { return {e.request.scheme == "https" ? "on" : ""}; }
Value http2(Exchange& e, Argument, Constant) {
  if (e.request.version != http::Version::http2) return {""};
  return {e.request.scheme == "https" ? "h2" : "h2c"};
}
Value server_protocol(Exchange& e, Argument, Constant) { return {http::version_text(e.request.version)}; }

Value argument(Exchange& e, Argument name, Constant) {
  std::string_view query = e.request.query;
  while (!query.empty()) {
    size_t end = std::min(query.find('&'), query.size());
    std::string_view part = query.substr(0, end);
    bool named = part.size() > name.size() && part[name.size()] == '=' &&
                 base::equals_ignoring_case(part.substr(0, name.size()), name);
    if (named) return {part.substr(name.size() + 1)};
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return Value::none();
}

Value host(Exchange& e, Argument, Constant) {
  if (!e.request.host.empty()) return {e.request.host};
  bool has_server = e.route != nullptr && e.route->server != nullptr;
  return {has_server ? std::string_view(e.route->server->first_name) : std::string_view()};
}
Value request_port(Exchange& e, Argument, Constant) {
  return e.request.port == 0 ? Value{} : number(e, e.request.port);
}
Value is_request_port(Exchange& e, Argument, Constant) { return {e.request.port == 0 ? "" : ":"}; }

// Fields.

Value http_field(Exchange& e, Argument name, Constant) { return field_variable(e.request.fields, name); }
Value content_type(Exchange& e, Argument, Constant) {
  return found_unless_empty(e.request.fields.get(http::Name::content_type));
}
Value content_length(Exchange& e, Argument, Constant) {
  if (e.request.framing == http::Framing::length) return number(e, e.request.content_length);
  if (e.has_body() && e.body().complete()) return number(e, e.body().size());
  return Value::none();
}

Value cookie(Exchange& e, Argument name, Constant) {
  for (const http::Field& field : e.request.fields) {
    if (field.id != http::Name::cookie) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      size_t end = std::min(rest.find(';'), rest.size());
      std::string_view part = base::trim(rest.substr(0, end));
      bool named = part.size() > name.size() && part[name.size()] == '=' &&
                   base::equals_ignoring_case(part.substr(0, name.size()), name);
      if (named) return {part.substr(name.size() + 1)};
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return Value::none();
}

Value trailer(Exchange& e, Argument name, Constant) {
  const http::Fields* trailers = e.has_body() ? e.body().trailers() : nullptr;
  return trailers == nullptr ? Value::none() : field_variable(*trailers, name);
}

// What is computed by the wire, and so stands in no field of the reply.
std::optional<std::string_view> wire_field(Exchange& e, std::string_view name) {
  const http::Response& head = e.reply.head;
  if (name == "content_length" && head.framing == http::Framing::length)
    return number(e, head.content_length).text;
  bool http11 = e.request.version == http::Version::http11;
  if (name == "transfer_encoding") {
    bool chunked =
        http11 && head.framing == http::Framing::streamed && e.stream.policy().chunked_transfer_encoding;
    return chunked ? std::optional<std::string_view>("chunked") : std::nullopt;
  }
  bool http1 = e.request.version <= http::Version::http11;
  if (name == "connection" && http1) {
    if (head.status == 101) return "upgrade";
    bool keeps = e.request.keep_alive && e.stream.policy().keepalive_timeout.count() > 0;
    return keeps ? "keep-alive" : "close";
  }
  return std::nullopt;
}
Value sent_field(Exchange& e, Argument name, Constant) {
  Value value = field_variable(e.reply.head.fields, name);
  if (value.found) return value;
  std::optional<std::string_view> wire = wire_field(e, name);
  return wire ? Value{*wire} : Value::none();
}
Value sent_trailer(Exchange& e, Argument name, Constant) {
  Value value = e.reply.trailers == nullptr ? Value::none() : field_variable(*e.reply.trailers, name);
  if (value.found || e.origin.trailers == nullptr) return value;
  return field_variable(*e.origin.trailers, name);
}

// The body.

Value request_body(Exchange& e, Argument, Constant) {
  return e.has_body() ? found_unless_empty(e.body().memory()) : Value::none();
}
Value request_body_file(Exchange& e, Argument, Constant) {
  return e.has_body() ? found_unless_empty(e.body().file_path()) : Value::none();
}

// Who asks, and whom.

Value remote_user(Exchange& e, Argument, Constant) {
  if (!e.user.empty()) return {e.user};
  std::optional<BasicCredentials> credentials = basic_credentials(e);
  return credentials ? found_unless_empty(credentials->user) : Value::none();
}
Value server_name(Exchange& e, Argument, Constant) {
  bool has_server = e.route != nullptr && e.route->server != nullptr;
  return {has_server ? std::string_view(e.route->server->first_name) : std::string_view()};
}

// The connection.

Value connection_requests(Exchange& e, Argument, Constant) {
  return number(e, e.stream.connection().requests);
}
Value connection_time(Exchange& e, Argument, Constant) {
  return seconds(e, e.worker.clock().wall() - e.stream.connection().started);
}
Value pipe(Exchange& e, Argument, Constant) { return {e.stream.pipelined() ? "p" : "."}; }

enum class TcpInfo : uint8_t { rtt, rttvar, snd_cwnd, rcv_space };
template <TcpInfo what>
Value tcpinfo(Exchange& e, Argument, Constant) {
  struct tcp_info info = {};
  socklen_t size = sizeof info;
  int fd = e.stream.connection().fd;
  if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return Value::none();
  switch (what) {
    case TcpInfo::rtt: return number(e, info.tcpi_rtt);
    case TcpInfo::rttvar: return number(e, info.tcpi_rttvar);
    case TcpInfo::snd_cwnd: return number(e, info.tcpi_snd_cwnd);
    case TcpInfo::rcv_space: return number(e, info.tcpi_rcv_space);
  }
  return Value::none();
}

// Counters, times, the response.

Value bytes_sent(Exchange& e, Argument, Constant) { return number(e, e.stream.bytes_sent()); }
Value body_bytes_sent(Exchange& e, Argument, Constant) { return number(e, e.stream.body_bytes_sent()); }
Value request_length(Exchange& e, Argument, Constant) { return number(e, e.stream.request_length()); }
Value request_time(Exchange& e, Argument, Constant) {
  return seconds(e, e.worker.clock().now() - e.stream.started());
}
Value request_completion(Exchange& e, Argument, Constant) {
  return {e.end == http::StreamEnd::complete ? "OK" : ""};
}
Value status(Exchange& e, Argument, Constant) {
  char text[16];
  auto end = fmt::format_to(text, "{:03}", e.reply.head.status);
  return {e.arena.copy({text, static_cast<size_t>(end - text)})};
}
Value limit_rate(Exchange& e, Argument, Constant) { return number(e, e.limit_rate.value_or(0)); }
void set_limit_rate(Exchange& e, std::string_view value) {
  base::Result<uint64_t> rate = base::parse_size(value);
  if (!rate) return e.log(base::LogLevel::error, "invalid $limit_rate \"{}\"", value);
  e.limit_rate = *rate;
}

Value request_id(Exchange& e, Argument, Constant) {
  if (e.id.empty()) {
    unsigned char bytes[16];
    PC_CHECK(getrandom(bytes, sizeof bytes, 0) == sizeof bytes);
    e.id = e.arena.copy(base::hex(bytes, sizeof bytes));
  }
  return {e.id};
}

// Files.

Value document_root_value(Exchange& e, Argument, Constant) { return {document_root(e)}; }
Value realpath_root(Exchange& e, Argument, Constant) {
  char resolved[PATH_MAX];
  std::string root(document_root(e));
  if (realpath(root.c_str(), resolved) == nullptr) {
    e.log(base::LogLevel::crit, "realpath() \"{}\" failed ({}: {})", root, errno, strerror(errno));
    return Value::none();
  }
  return {e.arena.copy(resolved)};
}
Value request_filename(Exchange& e, Argument, Constant) { return {file_path(e, e.request.path)}; }

struct Named {
  std::string_view name;
  GetVariable get;
  SetVariable set = nullptr;
};

constexpr Named kVariables[] = {
    {"args", args, set_args},
    {"body_bytes_sent", body_bytes_sent},
    {"bytes_sent", bytes_sent},
    {"connection_requests", connection_requests},
    {"connection_time", connection_time},
    {"content_length", content_length},
    {"content_type", content_type},
    {"document_root", document_root_value},
    {"document_uri", uri},
    {"host", host},
    {"http2", http2},
    {"https", https},
    {"is_args", is_args},
    {"is_request_port", is_request_port},
    {"limit_rate", limit_rate, set_limit_rate},
    {"pipe", pipe},
    {"query_string", args},
    {"realpath_root", realpath_root},
    {"remote_user", remote_user},
    {"request", request_line},
    {"request_body", request_body},
    {"request_body_file", request_body_file},
    {"request_completion", request_completion},
    {"request_filename", request_filename},
    {"request_id", request_id},
    {"request_length", request_length},
    {"request_method", request_method},
    {"request_port", request_port},
    {"request_time", request_time},
    {"request_uri", request_uri},
    {"scheme", scheme},
    {"server_name", server_name},
    {"server_protocol", server_protocol},
    {"status", status},
    {"tcpinfo_rcv_space", tcpinfo<TcpInfo::rcv_space>},
    {"tcpinfo_rtt", tcpinfo<TcpInfo::rtt>},
    {"tcpinfo_rttvar", tcpinfo<TcpInfo::rttvar>},
    {"tcpinfo_snd_cwnd", tcpinfo<TcpInfo::snd_cwnd>},
    {"uri", uri},
};

constexpr Named kPrefixes[] = {
    {"arg_", argument},
    {"cookie_", cookie},
    {"http_", http_field},
    {"sent_http_", sent_field},
    {"sent_trailer_", sent_trailer},
    {"trailer_", trailer},
};

}  // namespace

void define_core_variables(Variables& variables) {
  for (const Named& named : kVariables)
    variables.define(std::string(named.name), named.get, nullptr, false, named.set);
  for (const Named& named : kPrefixes) variables.define_prefix(std::string(named.name), named.get);
  define_shared_variables(variables);
}

}  // namespace exchange
