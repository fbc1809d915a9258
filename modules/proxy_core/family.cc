#include "modules/proxy_core/family.h"

#include "base/text.h"
#include "modules/proxy_core/conf.h"
#include "modules/proxy_core/directives.h"

namespace proxy_core {
namespace {

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
constexpr uint8_t kAny = conf::Row::kAny;
using C = ProxyConf;
using Tls = net::TlsClientOptions;

// Names without their prefix.
constexpr conf::Row kShared[] = {
    {.name = "set_header",
     .contexts = kHsl,
     .syntax = "field value",
     .min_args = 2,
     .max_args = 2,
     .help = "A field of the request to the origin; an empty value takes it out. Fields of an outer level "
             "hold where "
             "none is set. Without it Host is that of the URL, and no Connection is sent.",
     .set = add_header,
     .repeat = true},
    {.name = "bind",
     .contexts = kHsl,
     .syntax = "address [transparent] | off",
     .max_args = 2,
     .help = "Our end of connections to the origin.",
     .set = set_bind},
    {.name = "socket_keepalive",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "off",
     .help = "TCP keep-alive for connections to the origin.",
     .set = conf::set_flag<&C::socket_keepalive>},
    {.name = "connect_timeout",
     .contexts = kHsl,
     .syntax = "time",
     .default_text = "60s",
     .help = "How long connecting to an origin may take.",
     .set = conf::set_time<&C::connect_timeout>},
    {.name = "send_timeout",
     .contexts = kHsl,
     .syntax = "time",
     .default_text = "60s",
     .help = "Between two writes to the origin.",
     .set = conf::set_time<&C::send_timeout>},
    {.name = "read_timeout",
     .contexts = kHsl,
     .syntax = "time",
     .default_text = "60s",
     .help = "Between two reads from the origin.",
     .set = conf::set_time<&C::read_timeout>},
    {.name = "next_upstream",
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
    {.name = "next_upstream_tries",
     .contexts = kHsl,
     .syntax = "number",
     .default_text = "0",
     .help = "How many peers are asked; 0: all.",
     .set = set_tries},
    {.name = "next_upstream_timeout",
     .contexts = kHsl,
     .syntax = "time",
     .default_text = "0",
     .help = "For how long another peer may be asked; 0: no limit.",
     .set = set_retry_time<&upstream::RetryRules::timeout>},
    {.name = "ssl_verify",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .nginx_default = "off",
     .help =
         "Whether an origin's certificate must be good and name the origin. One that is not gets no request: "
         "502, or the next peer.",
     .set = set_tls_switch<&Tls::verify>},
    {.name = "ssl_name",
     .contexts = kHsl,
     .syntax = "name",
     .nginx_default = "$proxy_host",
     .help =
         "Whom the certificate must name and who is asked for by SNI; a port behind it is ignored. Without "
         "it: "
         "the name in the peer's server line, so that peers of one upstream may have certificates of their "
         "own; where that is an address, $proxy_host.",
     .set = set_tls_name},
    {.name = "ssl_server_name",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .nginx_default = "off",
     .help = "Whether that name is sent (SNI). Addresses never are.",
     .set = set_tls_switch<&Tls::sends_name>},
    {.name = "ssl_trusted_certificate",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Authorities of origins, PEM. Without it: those that the system trusts.",
     .set = set_tls_file<&Tls::trusted_certificate>},
    {.name = "ssl_verify_depth",
     .contexts = kHsl,
     .syntax = "number",
     .default_text = "9",
     .nginx_default = "1",
     .help = "How many certificates may stand between an origin's and its authority.",
     .set = set_tls_depth},
    {.name = "ssl_crl",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Revoked certificates, PEM, for every authority of a chain.",
     .set = set_tls_file<&Tls::crl>},
    {.name = "ssl_certificate",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Our certificate, for origins that ask for one.",
     .set = set_tls_certificate<&Tls::certificate>},
    {.name = "ssl_certificate_key",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Its private key. Read by the master; processes that hold keys leave no core file.",
     .set = set_tls_certificate<&Tls::certificate_key>},
    {.name = "ssl_password_file",
     .contexts = kHsl,
     .syntax = "file",
     .help = "Passphrases of that key, one a line, tried in turn.",
     .set = set_tls_file<&Tls::password_file>},
    {.name = "ssl_protocols",
     .contexts = kHsl,
     .syntax = "[TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3]",
     .max_args = kAny,
     .default_text = "TLSv1.2 TLSv1.3",
     .help = "The versions that are spoken with origins.",
     .set = set_tls_protocols},
    {.name = "ssl_ciphers",
     .contexts = kHsl,
     .syntax = "list",
     .default_text = "DEFAULT",
     .help = "The cipher suites of TLS 1.2 and older offered to origins, as OpenSSL writes them.",
     .set = set_tls_text<&Tls::ciphers>},
    {.name = "ssl_conf_command",
     .contexts = kHsl,
     .syntax = "name value",
     .min_args = 2,
     .max_args = 2,
     .help = "A command of OpenSSL's configuration: \"Ciphersuites TLS_AES_256_GCM_SHA384\".",
     .set = add_tls_command,
     .repeat = true},
    {.name = "ssl_session_reuse",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "on",
     .help = "Whether connections to the same peer resume the session of one before.",
     .set = set_tls_switch<&Tls::reuses_sessions>},
    {.name = "buffer_size",
     .contexts = kHsl,
     .syntax = "size",
     .default_text = "4k",
     .help = "How large the head of an answer may be.",
     .set = set_buffer_size},
    {.name = "hide_header",
     .contexts = kHsl,
     .syntax = "field",
     .help = "A field of the answer that the client does not get. Server, X-Pad and X-Accel-... are hidden "
             "always; Date "
             "is passed (nginx makes its own), since RFC 9110 wants the time the answer was made.",
     .set = conf::add_strings<&C::hide>,
     .repeat = true},
    {.name = "pass_header",
     .contexts = kHsl,
     .syntax = "field",
     .help = "A hidden field that the client gets.",
     .set = conf::add_strings<&C::pass>,
     .repeat = true},
    {.name = "ignore_headers",
     .contexts = kHsl,
     .syntax = "field ...",
     .max_args = kAny,
     .help =
         "Fields of the answer without effect here: X-Accel-Redirect, X-Accel-Expires, X-Accel-Limit-Rate, "
         "X-Accel-Buffering, X-Accel-Charset, Expires, Cache-Control, Set-Cookie, Vary.",
     .set = set_ignored},
    {.name = "intercept_errors",
     .contexts = kHsl,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Whether error_page applies to the origin's answers of 300 and above.",
     .set = conf::set_flag<&C::intercept_errors>},
};

}  // namespace

FamilyRows::FamilyRows(const Family& family, std::span<const conf::Row> own) {
  names_.reserve(std::size(kShared));
  rows_.assign(own.begin(), own.end());
  for (conf::Row row : kShared) {
    names_.push_back(fmt::format("{}{}", family.prefix, row.name));
    row.name = names_.back();
    rows_.push_back(row);
  }
}

}  // namespace proxy_core
