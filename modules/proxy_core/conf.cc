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
  return check_sizes(conf);
}

template <auto Member>
base::Result<void> set_retry_time(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<base::Duration> time = base::parse_duration(directive.arg(0));
  if (!time) return tl::unexpected(time.error());
  static_cast<ProxyConf*>(section)->retry.*Member = *time;
  return {};
}

base::Result<void> set_tries(void* section, const conf::Directive& directive, conf::Site&) {
  std::optional<uint64_t> number = base::parse_uint(directive.arg(0));
  if (!number || *number > UINT32_MAX) return base::fail("invalid number \"{}\"", directive.arg(0));
  static_cast<ProxyConf*>(section)->retry.tries = static_cast<uint32_t>(*number);
  return {};
}

constexpr uint32_t kHsl = conf::kHttpServerLocation;
constexpr uint32_t kInner = conf::kLocationIf | conf::kLimitExcept;
constexpr uint8_t kAny = conf::Row::kAny;
using C = ProxyConf;
using Tls = net::TlsClientOptions;

// Names one a line: what each does stands in its help.
const conf::Row kRows[] = {
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

    {.name = "proxy_set_header",
     .contexts = kHsl,
     .syntax = "field value",
     .min_args = 2,
     .max_args = 2,
     .help = "A field of the request to the origin; an empty value takes it out. Fields of an outer level "
             "hold where "
             "none is set. Without it Host is $proxy_host, and no Connection is sent.",
     .set = add_header,
     .repeat = true},
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
    {.name = "proxy_bind",
     .contexts = kHsl,
     .syntax = "address [transparent] | off",
     .max_args = 2,
     .help = "Our end of connections to the origin.",
     .set = set_bind},
    {.name = "proxy_socket_keepalive",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "off",
     .help = "TCP keep-alive for connections to the origin.",
     .set = conf::set_flag<&C::socket_keepalive>},
    {.name = "proxy_connect_timeout",
     .contexts = kHsl,
     .syntax = "time",
     .default_text = "60s",
     .help = "How long connecting to an origin may take.",
     .set = conf::set_time<&C::connect_timeout>},
    {.name = "proxy_send_timeout",
     .contexts = kHsl,
     .syntax = "time",
     .default_text = "60s",
     .help = "Between two writes to the origin.",
     .set = conf::set_time<&C::send_timeout>},
    {.name = "proxy_read_timeout",
     .contexts = kHsl,
     .syntax = "time",
     .default_text = "60s",
     .help = "Between two reads from the origin.",
     .set = conf::set_time<&C::read_timeout>},
    {.name = "proxy_next_upstream",
     .contexts = kHsl,
     .syntax = "error | timeout | invalid_header | http_500 | http_502 | http_503 | http_504 | http_403 | "
               "http_404 | "
               "http_429 | non_idempotent | off ...",
     .max_args = kAny,
     .default_text = "error timeout",
     .help = "When the next peer is asked. A connection from the pool that turns out to be closed is "
             "replaced once, "
             "where the request may be repeated, whatever stands here.",
     .set = set_next_upstream},
    {.name = "proxy_next_upstream_tries",
     .contexts = kHsl,
     .syntax = "number",
     .default_text = "0",
     .help = "How many peers are asked; 0: all.",
     .set = set_tries},
    {.name = "proxy_next_upstream_timeout",
     .contexts = kHsl,
     .syntax = "time",
     .default_text = "0",
     .help = "For how long another peer may be asked; 0: no limit.",
     .set = set_retry_time<&upstream::RetryRules::timeout>},
    {.name = "proxy_ignore_client_abort",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Whether the origin is heard to the end when the client has left.",
     .set = conf::set_flag<&C::ignore_client_abort>},

    {.name = "proxy_ssl_verify",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .nginx_default = "off",
     .help =
         "Whether an origin's certificate must be good and name the origin. One that is not gets no request: "
         "502, or the next peer.",
     .set = set_tls_switch<&Tls::verify>},
    {.name = "proxy_ssl_name",
     .contexts = kHsl,
     .syntax = "name",
     .nginx_default = "$proxy_host",
     .help =
         "Whom the certificate must name and who is asked for by SNI; a port behind it is ignored. Without "
         "it: "
         "the name in the peer's server line, so that peers of one upstream may have certificates of their "
         "own; where that is an address, $proxy_host.",
     .set = set_tls_name},
    {.name = "proxy_ssl_server_name",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .nginx_default = "off",
     .help = "Whether that name is sent (SNI). Addresses never are.",
     .set = set_tls_switch<&Tls::sends_name>},
    {.name = "proxy_ssl_trusted_certificate",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Authorities of origins, PEM. Without it: those that the system trusts.",
     .set = set_tls_file<&Tls::trusted_certificate>},
    {.name = "proxy_ssl_verify_depth",
     .contexts = kHsl,
     .syntax = "number",
     .default_text = "9",
     .nginx_default = "1",
     .help = "How many certificates may stand between an origin's and its authority.",
     .set = set_tls_depth},
    {.name = "proxy_ssl_crl",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Revoked certificates, PEM, for every authority of a chain.",
     .set = set_tls_file<&Tls::crl>},
    {.name = "proxy_ssl_certificate",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Our certificate, for origins that ask for one.",
     .set = set_tls_certificate<&Tls::certificate>},
    {.name = "proxy_ssl_certificate_key",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Its private key. Read by the master; processes that hold keys leave no core file.",
     .set = set_tls_certificate<&Tls::certificate_key>},
    {.name = "proxy_ssl_password_file",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Passphrases of that key, one a line, tried in turn.",
     .set = set_tls_file<&Tls::password_file>},
    {.name = "proxy_ssl_protocols",
     .contexts = kHsl,
     .syntax = "[TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3]",
     .max_args = kAny,
     .default_text = "TLSv1.2 TLSv1.3",
     .help = "The versions that are spoken with origins.",
     .set = set_tls_protocols},
    {.name = "proxy_ssl_ciphers",
     .contexts = kHsl,
     .syntax = "list",
     .default_text = "DEFAULT",
     .help = "The cipher suites of TLS 1.2 and older offered to origins, as OpenSSL writes them.",
     .set = set_tls_text<&Tls::ciphers>},
    {.name = "proxy_ssl_conf_command",
     .contexts = kHsl,
     .syntax = "name value",
     .min_args = 2,
     .max_args = 2,
     .help = "A command of OpenSSL's configuration: \"Ciphersuites TLS_AES_256_GCM_SHA384\".",
     .set = add_tls_command,
     .repeat = true},
    {.name = "proxy_ssl_session_reuse",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Whether connections to the same peer resume the session of one before.",
     .set = set_tls_switch<&Tls::reuses_sessions>},

    {.name = "proxy_buffering",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .help =
         "Whether the answer is read ahead of a slow client, into proxy_buffers and then a temporary file.",
     .set = conf::set_flag<&C::buffering>},
    {.name = "proxy_buffer_size",
     .contexts = kHsl,
     .syntax = "size",
     .default_text = "4k",
     .help = "How large the head of an answer may be.",
     .set = set_buffer_size},
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
    {.name = "proxy_hide_header",
     .contexts = kHsl,
     .syntax = "field",
     .help = "A field of the answer that the client does not get. Server, X-Pad and X-Accel-... are hidden "
             "always; Date "
             "is passed (nginx makes its own), since RFC 9110 wants the time the answer was made.",
     .set = conf::add_strings<&C::hide>,
     .repeat = true},
    {.name = "proxy_pass_header",
     .contexts = kHsl,
     .syntax = "field",
     .help = "A hidden field that the client gets.",
     .set = conf::add_strings<&C::pass>,
     .repeat = true},
    {.name = "proxy_ignore_headers",
     .contexts = kHsl,
     .syntax = "field ...",
     .max_args = kAny,
     .help =
         "Fields of the answer without effect here: X-Accel-Redirect, X-Accel-Expires, X-Accel-Limit-Rate, "
         "X-Accel-Buffering, X-Accel-Charset, Expires, Cache-Control, Set-Cookie, Vary.",
     .set = set_ignored},
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
    {.name = "proxy_intercept_errors",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Whether error_page applies to the origin's answers of 300 and above.",
     .set = conf::set_flag<&C::intercept_errors>},
};

}  // namespace

const conf::Section ProxyConf::kSection = conf::section<ProxyConf>("proxy_core", kRows, finish);

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
