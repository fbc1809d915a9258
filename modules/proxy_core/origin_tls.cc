#include "modules/proxy_core/origin_tls.h"

#include "base/text.h"
#include "exchange/setters.h"
#include "modules/proxy_core/conf.h"

namespace proxy_core {

namespace {

// Whatever its variables turn out to be.
bool is_plain(const Target& target) {
  const Family& family = *target.family;
  if (base::starts_ignoring_case(target.written, family.plain)) return true;
  bool may_be_secure =
      target.written.starts_with('$') || base::starts_ignoring_case(target.written, family.secure);
  return !family.needs_scheme && !may_be_secure;
}

}  // namespace

OriginTls& tls_of(void* section) { return static_cast<ProxyConf*>(section)->tls; }

base::Result<void> set_tls_protocols(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<uint8_t> protocols = exchange::parse_tls_protocols(directive);
  if (!protocols) return tl::unexpected(protocols.error());
  tls_of(section).options.protocols = *protocols;
  return {};
}

base::Result<void> set_tls_depth(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<int> depth = exchange::parse_tls_depth(directive.arg(0));
  if (!depth) return tl::unexpected(depth.error());
  tls_of(section).options.verify_depth = *depth;
  return {};
}

base::Result<void> set_tls_name(void* section, const conf::Directive& directive, conf::Site& site) {
  auto name = exchange::Template::compile(directive.args[0], exchange::builder_of(site));
  if (!name) return tl::unexpected(name.error());
  tls_of(section).name = std::move(*name);
  return {};
}

base::Result<void> add_tls_command(void* section, const conf::Directive& directive, conf::Site&) {
  tls_of(section).options.commands.emplace_back(directive.arg(0), directive.arg(1));
  return {};
}

base::Result<void> make_tls_context(ProxyConf& conf, conf::Site& site) {
  net::TlsClientOptions& options = conf.tls.options;
  if (!options.certificate.empty() && options.certificate_key.empty())
    return base::fail("no \"{}ssl_certificate_key\" is defined for certificate \"{}\"", conf.family->prefix,
                      options.certificate);
  // One with variables may turn out to be either.
  if (!conf.target || is_plain(*conf.target)) return {};
  if (conf.version == http::Version::http11) options.alpn = {"http/1.1"};
  if (conf.version == http::Version::http2) options.alpn = {"h2"};
  auto context = exchange::tls_client_context(exchange::builder_of(site), options);
  if (!context) return tl::unexpected(context.error());
  conf.tls.context = std::move(*context);
  return {};
}

}  // namespace proxy_core
