// TLS to origins: the proxy_ssl_* directives of one route.
#pragma once

#include <memory>

#include "conf/row.h"
#include "conf/setters.h"
#include "exchange/template.h"
#include "exchange/tls_setters.h"

namespace proxy_core {

struct ProxyConf;

struct OriginTls {
  net::TlsClientOptions options;
  exchange::Template name;  ///< proxy_ssl_name; empty: what the `server` line names
  std::shared_ptr<const net::TlsClientContext> context;  ///< null where nothing goes over TLS
};

/// The section's OriginTls.
OriginTls& tls_of(void* section);

/// The first argument → a text of TlsClientOptions.
template <auto Member>
base::Result<void> set_tls_text(void* section, const conf::Directive& directive, conf::Site&) {
  tls_of(section).options.*Member = std::string(directive.arg(0));
  return {};
}
/// A path.
template <auto Member>
base::Result<void> set_tls_file(void* section, const conf::Directive& directive, conf::Site& site) {
  tls_of(section).options.*Member = exchange::tls_path(directive.arg(0), site);
  return {};
}
/// Of a certificate or a key, which nginx lets be more than a path.
template <auto Member>
base::Result<void> set_tls_certificate(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<void> plain = exchange::refuse_special_certificate(directive.arg(0));
  if (!plain) return plain;
  return set_tls_file<Member>(section, directive, site);
}
/// on | off
template <auto Member>
base::Result<void> set_tls_switch(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<bool> flag = conf::detail::parse_flag(directive.arg(0));
  if (!flag) return tl::unexpected(flag.error());
  tls_of(section).options.*Member = *flag;
  return {};
}
base::Result<void> set_tls_protocols(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_tls_depth(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> set_tls_name(void* section, const conf::Directive& directive, conf::Site& site);
base::Result<void> add_tls_command(void* section, const conf::Directive& directive, conf::Site& site);

/// Once the section is filled: reads the files where its proxy_pass may need them.
base::Result<void> make_tls_context(ProxyConf& conf, conf::Site& site);

}  // namespace proxy_core
