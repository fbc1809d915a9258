#include "modules/proxy_core/conf.h"

#include <algorithm>

#include "base/text.h"
#include "exchange/exchange.h"
#include "exchange/setters.h"
#include "modules/proxy_core/directives.h"

namespace proxy_core {
namespace {

// What an origin's answer does not pass on, as nginx hides it. Date is not among them: RFC 9110 §6.6.1 wants
// the moment of origination, and a cache downstream counts from it.
constexpr std::string_view kHidden[] = {"Server",           "X-Pad",           "X-Accel-Expires",
                                        "X-Accel-Redirect", "X-Accel-Charset", "X-Accel-Limit-Rate",
                                        "X-Accel-Buffering"};
// What a client's request does not pass on unless proxy_set_header says so.
constexpr std::string_view kReplaced[] = {"Host",  "Connection",        "Keep-Alive",     "Proxy-Connection",
                                          "TE",    "Transfer-Encoding", "Content-Length", "Upgrade",
                                          "Expect"};

void complete_request_fields(ProxyConf& conf, exchange::Builder& builder) {
  for (std::string_view name : kReplaced) conf.replaced.add(name);
  bool has_host = false;
  for (const SetHeader& header : conf.headers) {
    conf.replaced.add(header.name);
    has_host = has_host || header.id == http::Name::host;
  }
  if (!has_host) {
    base::Result<exchange::Template> host = exchange::Template::compile("$proxy_host", builder);
    conf.headers.insert(conf.headers.begin(), {"Host", http::Name::host, std::move(*host)});
  }
  // An empty value means: do not send the field.
  std::erase_if(conf.headers, [](const SetHeader& header) { return header.value.empty(); });
  for (const SetHeader& header : conf.headers) {
    if (header.id != http::Name::other) conf.rules.sets_field.set(static_cast<size_t>(header.id));
  }
}

base::Result<void> check_sizes(ProxyConf& conf) {
  uint64_t larger = std::max(conf.buffer_size, conf.buffers.size);
  uint64_t all = conf.buffers.count * conf.buffers.size;
  if (conf.buffers.count < 2) return base::fail("there must be at least 2 \"proxy_buffers\"");
  if (conf.busy_buffers_size == 0) conf.busy_buffers_size = 2 * larger;
  if (conf.temp_file_write_size == 0) conf.temp_file_write_size = 2 * larger;
  if (conf.busy_buffers_size < larger) {
    return base::fail(
        "\"proxy_busy_buffers_size\" must be equal to or greater than the maximum of the value of "
        "\"proxy_buffer_size\" and one of the \"proxy_buffers\"");
  }
  if (conf.busy_buffers_size > all - conf.buffers.size) {
    return base::fail(
        "\"proxy_busy_buffers_size\" must be less than the size of all \"proxy_buffers\" minus one buffer");
  }
  if (conf.temp_file_write_size < larger) {
    return base::fail(
        "\"proxy_temp_file_write_size\" must be equal to or greater than the maximum of the value of "
        "\"proxy_buffer_size\" and one of the \"proxy_buffers\"");
  }
  if (conf.max_temp_file_size != 0 && conf.max_temp_file_size < larger) {
    return base::fail(
        "\"proxy_max_temp_file_size\" must be 0 to disable temporary files or equal to or greater than the "
        "maximum of the value of \"proxy_buffer_size\" and one of the \"proxy_buffers\"");
  }
  return {};
}

base::Result<void> finish(void* section, conf::Site& site) {
  ProxyConf& conf = *static_cast<ProxyConf*>(section);
  complete_request_fields(conf, exchange::builder_of(site));
  for (std::string_view name : kHidden) conf.hidden.add(name);
  for (const std::string& name : conf.hide) conf.hidden.add(name);
  for (const std::string& name : conf.pass) conf.hidden.remove(name);
  base::Result<void> tls = make_tls_context(conf, site);
  if (!tls) return tls;
  return conf.family == &kProxy ? check_sizes(conf) : base::Result<void>();
}

constexpr uint32_t kHsl = conf::kHttpServerLocation;
constexpr uint32_t kInner = conf::kLocationIf | conf::kLimitExcept;
constexpr uint8_t kAny = conf::Row::kAny;
using C = ProxyConf;

// Names one a line: what each does stands in its help.
constexpr conf::Row kProxyRows[] = {
    {.name = "proxy_pass",
     .contexts = conf::kLocation,
     .syntax = "URL",
     .help =
         "Where requests go: http://name[:port][/uri] or https://..., name being an upstream, a host or an "
         "address, or http://unix:/path[:/uri]. A URI takes the place of the location's prefix. It may have "
         "variables.",
     .set = set_pass,
     .inherit = conf::Inherit::block,
     .group = "proxy_pass"},
    {.name = "proxy_pass",
     .contexts = kInner,
     .syntax = "URL",
     .help = "The same without a URI.",
     .set = set_inner_pass,
     .inherit = conf::Inherit::block,
     .group = "proxy_pass"},
    {.name = "proxy_http_version",
     .contexts = kHsl,
     .syntax = "1.0 | 1.1 | 2",
     .default_text = "1.1",
     .help = "The version of requests to the origin. With 2 many requests share a connection, which begins "
             "with HTTP/2 at once; what keepalive says of connections holds for those that are idle.",
     .set = set_version},
    {.name = "proxy_method",
     .contexts = kHsl,
     .syntax = "method",
     .help = "The method of requests to the origin instead of the client's.",
     .set = exchange::set_template<&C::method>},
    {.name = "proxy_set_body",
     .contexts = kHsl,
     .syntax = "value",
     .help = "The body of requests to the origin instead of the client's.",
     .set = set_body},
    {.name = "proxy_pass_request_headers",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Whether the client's fields are sent to the origin.",
     .set = conf::set_flag<&C::pass_headers>},
    {.name = "proxy_pass_request_body",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Whether the client's body is sent to the origin.",
     .set = conf::set_flag<&C::pass_body>},
    {.name = "proxy_request_buffering",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Whether the whole body is read before the origin is asked. Off: it streams, and a request of "
             "which the "
             "body has begun to go out is not repeated.",
     .set = conf::set_flag<&C::request_buffering>},
    {.name = "proxy_ignore_client_abort",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Whether the origin is heard to the end when the client has left.",
     .set = conf::set_flag<&C::ignore_client_abort>},
    {.name = "proxy_buffering",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .help =
         "Whether the answer is read ahead of a slow client, into proxy_buffers and then a temporary file.",
     .set = conf::set_flag<&C::buffering>},
    {.name = "proxy_buffers",
     .contexts = kHsl,
     .syntax = "number size",
     .min_args = 2,
     .max_args = 2,
     .default_text = "8 4k",
     .help = "How much of an answer is kept in memory for a slow client.",
     .set = set_buffers},
    {.name = "proxy_busy_buffers_size",
     .contexts = kHsl,
     .syntax = "size",
     .help = "How much of that is offered to the client at once; twice a buffer when not set.",
     .set = conf::set_size<&C::busy_buffers_size>},
    {.name = "proxy_max_temp_file_size",
     .contexts = kHsl,
     .syntax = "size",
     .default_text = "1024m",
     .help = "How much of an answer may wait in a temporary file; 0: none.",
     .set = conf::set_size<&C::max_temp_file_size>},
    {.name = "proxy_temp_file_write_size",
     .contexts = kHsl,
     .syntax = "size",
     .help = "How much is written to it at once; twice a buffer when not set.",
     .set = conf::set_size<&C::temp_file_write_size>},
    {.name = "proxy_temp_path",
     .contexts = kHsl,
     .syntax = "path [level1 [level2 [level3]]]",
     .max_args = 4,
     .default_text = "proxy_temp",
     .help = "Where temporary files are.",
     .set = set_temp_path},
    {.name = "proxy_store",
     .contexts = kHsl,
     .syntax = "on | off | path",
     .default_text = "off",
     .help =
         "Keeps a copy of each complete 200 answer to GET as a file: at the path (with variables), or, on, "
         "where root or alias say. It is written to proxy_temp_path and then renamed, so that nobody sees a "
         "part of it, and has the answer's Last-Modified. It never goes away by itself.",
     .set = set_store},
    {.name = "proxy_store_access",
     .contexts = kHsl,
     .syntax = "users:permissions ...",
     .max_args = 3,
     .default_text = "user:rw",
     .help = "Who may do what with these files and the folders made for them: user, group and all; r or rw.",
     .set = set_store_access},
    {.name = "proxy_limit_rate",
     .contexts = kHsl,
     .syntax = "rate",
     .default_text = "0",
     .help = "Bytes a second read from the origin, with proxy_buffering; 0: no limit.",
     .set = set_limit_rate},
    {.name = "proxy_redirect",
     .contexts = kHsl,
     .syntax = "default | off | redirect replacement",
     .max_args = 2,
     .default_text = "default",
     .help = "What becomes of Location and Refresh: the text (or ~regex) in front is replaced. By default "
             "proxy_pass's "
             "URL becomes the location.",
     .set = add_redirect,
     .repeat = true},
    {.name = "proxy_cookie_domain",
     .contexts = kHsl,
     .syntax = "off | domain replacement",
     .max_args = 2,
     .help = "What becomes of Domain in Set-Cookie.",
     .set = add_cookie_domain,
     .repeat = true},
    {.name = "proxy_cookie_path",
     .contexts = kHsl,
     .syntax = "off | path replacement",
     .max_args = 2,
     .help = "What becomes of Path in Set-Cookie.",
     .set = add_cookie_path,
     .repeat = true},
    {.name = "proxy_cookie_flags",
     .contexts = kHsl,
     .syntax = "off | cookie flag ...",
     .max_args = kAny,
     .help = "Sets and clears secure, httponly and samesite in Set-Cookie.",
     .set = add_cookie_flags,
     .repeat = true},
    {.name = "proxy_pass_trailers",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Whether trailer fields of the answer are passed to the client.",
     .set = conf::set_flag<&C::pass_trailers>},
    {.name = "proxy_force_ranges",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Answers ranges of any 200 answer of known length, whatever its Accept-Ranges.",
     .set = conf::set_flag<&C::force_ranges>},
};

constexpr conf::Row kGrpcRows[] = {
    {.name = "grpc_pass",
     .contexts = conf::kLocation | conf::kLocationIf,
     .syntax = "address",
     .help =
         "Where gRPC requests go, over HTTP/2: [grpc://]name[:port] or grpcs://..., name being an upstream, "
         "a host or an address, or [grpc://]unix:/path. It may have variables. Both bodies flow as they "
         "come, with their trailers.",
     .set = set_pass,
     .inherit = conf::Inherit::block,
     .group = "grpc_pass"},
};

// gRPC is HTTP/2 that flows both ways at once (and its trailers say how a call ended).
void* make_grpc() {
  auto* conf = new ProxyConf;
  conf->family = &kGrpc;
  conf->version = http::Version::http2;
  conf->request_buffering = false;
  conf->buffering = false;
  conf->pass_trailers = true;
  return conf;
}

// Their names live as long as the sections.
std::span<const conf::Row> proxy_rows() {
  static const FamilyRows kRows(kProxy, kProxyRows);
  return kRows.all();
}
std::span<const conf::Row> grpc_rows() {
  static const FamilyRows kRows(kGrpc, kGrpcRows);
  return kRows.all();
}

}  // namespace

const conf::Section ProxyConf::kSection = conf::section<ProxyConf>("proxy_core", proxy_rows(), finish);
const conf::Section ProxyConf::kGrpcSection = {
    "grpc", grpc_rows(), make_grpc, [](void* object) { delete static_cast<ProxyConf*>(object); }, finish};

void NameSet::add(std::string_view name) {
  http::Name id = http::find_name(name);
  if (id != http::Name::other) {
    known_.set(static_cast<size_t>(id));
  } else {
    others_.push_back(base::lower(name));
  }
}

void NameSet::remove(std::string_view name) {
  http::Name id = http::find_name(name);
  if (id != http::Name::other) {
    known_.reset(static_cast<size_t>(id));
  } else {
    std::erase(others_, base::lower(name));
  }
}

bool NameSet::has(const http::Field& field) const {
  if (field.id != http::Name::other) return known_.test(static_cast<size_t>(field.id));
  return std::ranges::any_of(others_, [&](const std::string& name) {
    return name.size() == field.name.size() && base::equals_ignoring_case(name, field.name);
  });
}

bool CookieFlags::applies_to(std::string_view name, exchange::Exchange& exchange) const {
  if (regex) return regex->match(name);
  return base::equals_ignoring_case(cookie.evaluate(exchange), name);
}

}  // namespace proxy_core
