#include "modules/proxy_core/target.h"

#include "base/text.h"
#include "exchange/core_conf.h"
#include "exchange/route.h"
#include "http/path.h"

namespace proxy_core {
namespace {

using exchange::Exchange;

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

// nginx escapes a decoded path before it is sent: what RFC 3986 does not let stand in one, and what would end
// it.
bool must_escape(unsigned char c) { return c <= 0x20 || c >= 0x7f || c == '%' || c == '?' || c == '#'; }

std::string_view escape(std::string_view path, base::Arena& arena) {
  size_t escaped = 0;
  for (unsigned char c : path) escaped += must_escape(c);
  if (escaped == 0) return path;
  static constexpr char kDigits[] = "0123456789ABCDEF";
  char* out = arena.chars(path.size() + 2 * escaped);
  size_t size = 0;
  for (unsigned char c : path) {
    if (!must_escape(c)) {
      out[size++] = static_cast<char>(c);
      continue;
    }
    out[size++] = '%';
    out[size++] = kDigits[c >> 4];
    out[size++] = kDigits[c & 15];
  }
  return {out, size};
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// Whether the target as received still says what is asked: no rewrite, redirect or `set $args` has changed
// it.
bool is_as_received(Exchange& exchange) {
  const http::Request& request = exchange.request;
  size_t question = request.target.find('?');
  std::string_view query =
      question == std::string_view::npos ? std::string_view() : request.target.substr(question + 1);
  if (request.query != query) return false;
  std::string_view raw = request.target.substr(0, question);
  if (request.path == raw && lies_in(request.path, request.target)) return true;
  std::string_view path;
  bool valid = http::normalise_path(raw, exchange.route->core->head.merge_slashes, exchange.arena, path);
  return valid && path == request.path;
}

// OPTIONS *, which no rewrite changed, has no path that a prefix could replace (RFC 9112 §3.2.4).
bool is_asterisk(const http::Request& request) { return request.target == "*" && request.path == "/"; }

std::string_view with_query(Exchange& exchange, std::string_view uri, std::string_view path) {
  std::string_view escaped = escape(path, exchange.arena);
  std::string_view query = exchange.request.query;
  if (query.empty()) return uri.empty() ? escaped : exchange.arena.join(uri, escaped);
  return exchange.arena.join(uri, escaped, "?", query);
}

std::string_view unchanged_or_escaped(Exchange& exchange) {
  const http::Request& request = exchange.request;
  if (is_as_received(exchange)) return request.target;
  return with_query(exchange, {}, request.path);
}

}  // namespace

base::Result<OriginUrl> parse_url(std::string_view url, const Family& family) {
  OriginUrl result;
  result.tls = base::starts_ignoring_case(url, family.secure);
  if (result.tls) {
    url.remove_prefix(family.secure.size());
  } else if (base::starts_ignoring_case(url, family.plain)) {
    url.remove_prefix(family.plain.size());
  } else if (family.needs_scheme) {
    return base::fail("invalid URL prefix in \"{}\"", url);
  }
  uint16_t usual = result.tls ? kHttpsPort : kHttpPort;
  std::string_view host = url;
  if (url.starts_with("unix:")) {
    size_t colon = url.find(':', 5);
    host = url.substr(0, colon);
    if (colon != std::string_view::npos) result.uri = url.substr(colon + 1);
  } else {
    size_t end = url.find_first_of("/?#");
    host = url.substr(0, end);
    if (end != std::string_view::npos) result.uri = url.substr(end);
  }
  if (!family.has_uri && !result.uri.empty()) return base::fail("URI \"{}\" has no place here", result.uri);
  base::Result<net::Endpoint> endpoint = net::parse_origin(host, usual);
  if (!endpoint) return tl::unexpected(endpoint.error());
  result.endpoint = std::move(*endpoint);
  if (result.endpoint.address.is_unix()) {
    result.host_field = "localhost";
    return result;
  }
  result.port_text = fmt::format("{}", result.endpoint.port);
  size_t colon = result.endpoint.port_given ? host.rfind(':') : std::string_view::npos;
  result.host_field = result.endpoint.port == usual ? host.substr(0, colon) : host;
  return result;
}

net::Address parse_bind(std::string_view text) {
  if (text.empty()) return {};
  base::Result<net::Endpoint> endpoint = net::parse_origin(text, 0);
  return endpoint ? endpoint->address : net::Address();
}

std::string_view origin_target(Exchange& exchange, const Target& target) {
  const http::Request& request = exchange.request;
  if (is_asterisk(request)) return request.target;
  if (target.uri.empty()) return unchanged_or_escaped(exchange);
  if (exchange.rewritten_here) return with_query(exchange, {}, request.path);
  std::string_view prefix = exchange.route->prefix;
  std::string_view rest = request.path;
  if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
  return with_query(exchange, target.uri, rest);
}

std::string_view origin_target(Exchange& exchange, std::string_view uri) {
  if (uri.empty() && is_asterisk(exchange.request)) return exchange.request.target;
  if (uri.empty()) return unchanged_or_escaped(exchange);
  return uri.front() == '/' ? uri : exchange.arena.join("/", uri);
}

}  // namespace proxy_core
