#include "proxy/tls_conf.h"

#include "base/text.h"
#include "base/units.h"
#include "conf/setters.h"
#include "exchange/tls_setters.h"

namespace proxy {

namespace {

using net::TlsOptions;

constexpr std::string_view kSharedKind = "tls";
constexpr size_t kLeastCache = 8 * 4096;

struct Memory {
  shm::SegmentPtr tickets;
  std::map<std::string, shm::SegmentPtr> caches;
};

template <auto Member>
base::Result<void> add_file(void* section, const conf::Directive& directive, conf::Site& site) {
  TlsConf& conf = *static_cast<TlsConf*>(section);
  base::Result<void> plain = exchange::refuse_special_certificate(directive.arg(0));
  if (!plain) return plain;
  if (conf.at.line == 0) conf.at = directive.args[0].at;
  (conf.*Member).push_back(exchange::tls_path(directive.arg(0), site));
  return {};
}

template <auto Member>
base::Result<void> set_file(void* section, const conf::Directive& directive, conf::Site& site) {
  static_cast<TlsConf*>(section)->options.*Member = exchange::tls_path(directive.arg(0), site);
  return {};
}

template <auto Member>
base::Result<void> set_switch(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<bool> flag = conf::detail::parse_flag(directive.arg(0));
  if (!flag) return tl::unexpected(flag.error());
  static_cast<TlsConf*>(section)->options.*Member = *flag;
  return {};
}

template <auto Member>
base::Result<void> set_text(void* section, const conf::Directive& directive, conf::Site&) {
  static_cast<TlsConf*>(section)->options.*Member = std::string(directive.arg(0));
  return {};
}

base::Result<void> set_protocols(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<uint8_t> protocols = exchange::parse_tls_protocols(directive);
  if (!protocols) return tl::unexpected(protocols.error());
  static_cast<TlsConf*>(section)->options.protocols = *protocols;
  return {};
}

base::Result<void> set_verify(void* section, const conf::Directive& directive, conf::Site&) {
  using Verify = TlsOptions::Verify;
  Verify& verify = static_cast<TlsConf*>(section)->options.verify;
  std::string_view value = directive.arg(0);
  if (value == "on")
    verify = Verify::on;
  else if (value == "off")
    verify = Verify::off;
  else if (value == "optional")
    verify = Verify::optional;
  else if (value == "optional_no_ca")
    verify = Verify::optional_no_ca;
  else
    return base::fail("invalid value \"{}\", it must be one of on, off, optional, optional_no_ca", value);
  return {};
}

base::Result<void> set_depth(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<int> depth = exchange::parse_tls_depth(directive.arg(0));
  if (!depth) return tl::unexpected(depth.error());
  static_cast<TlsConf*>(section)->options.verify_depth = *depth;
  return {};
}

base::Result<void> set_timeout(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<base::Duration> time = base::parse_duration(directive.arg(0));
  if (!time) return tl::unexpected(time.error());
  static_cast<TlsConf*>(section)->options.session_timeout = *time;
  return {};
}

base::Result<void> set_buffer_size(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<uint64_t> size = base::parse_size(directive.arg(0));
  if (!size) return tl::unexpected(size.error());
  if (*size < 512)
    return base::fail("size \"{}\" is out of range: records hold 512 to 16k bytes", directive.arg(0));
  static_cast<TlsConf*>(section)->options.buffer_size = std::min<uint64_t>(*size, net::TlsTransport::kRecord);
  return {};
}

base::Result<void> add_command(void* section, const conf::Directive& directive, conf::Site&) {
  static_cast<TlsConf*>(section)->options.commands.emplace_back(directive.arg(0), directive.arg(1));
  return {};
}

base::Result<void> add_ticket_key(void* section, const conf::Directive& directive, conf::Site& site) {
  static_cast<TlsConf*>(section)->options.ticket_keys.push_back(exchange::tls_path(directive.arg(0), site));
  return {};
}

base::Result<void> set_shared_cache(TlsConf& conf, std::string_view value, const conf::Directive& directive) {
  size_t colon = value.find(':');
  if (value.empty() || colon == 0) return base::fail("invalid session cache: it has no name");
  conf.shared.name = std::string(value.substr(0, colon));
  conf.shared.at = directive.args[0].at;
  conf.options.shared_cache = conf.shared.name;
  if (colon == std::string_view::npos) return {};
  base::Result<uint64_t> size = base::parse_size(value.substr(colon + 1));
  if (!size) return tl::unexpected(size.error());
  if (*size < kLeastCache) return base::fail("session cache \"{}\" is too small, it needs 32k", value);
  conf.shared.size = static_cast<size_t>(*size);
  return {};
}

base::Result<void> set_cache(void* section, const conf::Directive& directive, conf::Site&) {
  TlsConf& conf = *static_cast<TlsConf*>(section);
  TlsOptions& options = conf.options;
  options.cache = TlsOptions::Cache::none;
  for (const conf::Word& word : directive.args) {
    std::string_view value = word.text;
    if (value == "off") {
      options.cache = TlsOptions::Cache::off;
    } else if (value == "none") {
      options.cache = TlsOptions::Cache::none;
    } else if (value == "builtin" || value.starts_with("builtin:")) {
      options.cache = TlsOptions::Cache::kept;
      options.builtin_cache = 20480;
      if (value == "builtin") continue;
      base::Result<int64_t> count = conf::detail::parse_number(value.substr(8));
      if (!count || *count < 0) return base::fail("invalid session cache \"{}\"", value);
      options.builtin_cache = *count;
    } else if (value.starts_with("shared:")) {
      options.cache = TlsOptions::Cache::kept;
      base::Result<void> set = set_shared_cache(conf, value.substr(7), directive);
      if (!set) return set;
    } else {
      return base::fail("invalid session cache \"{}\"", value);
    }
  }
  return {};
}

constexpr uint32_t kServers = conf::kHttp | conf::kServer;

const conf::Row kRows[] = {
    {.name = "ssl_certificate",
     .contexts = kServers,
     .syntax = "file",
     .help = "The server's certificate and those between it and its authority, PEM. May stand several times, "
             "for certificates of different kinds (RSA, ECDSA).",
     .set = add_file<&TlsConf::certificates>,
     .repeat = true},
    {.name = "ssl_certificate_key",
     .contexts = kServers,
     .syntax = "file",
     .help =
         "The private key of the ssl_certificate of the same place in order. Read by the master; processes "
         "that hold keys leave no core file.",
     .set = add_file<&TlsConf::keys>,
     .repeat = true},
    {.name = "ssl_password_file",
     .contexts = kServers,
     .syntax = "file",
     .help = "Passphrases of keys, one a line, tried in turn.",
     .set = set_file<&TlsOptions::password_file>},
    {.name = "ssl_protocols",
     .contexts = kServers,
     .syntax = "[TLSv1] [TLSv1.1] [TLSv1.2] [TLSv1.3]",
     .min_args = 1,
     .max_args = conf::Row::kAny,
     .default_text = "TLSv1.2 TLSv1.3",
     .help = "The versions that are spoken.",
     .set = set_protocols},
    {.name = "ssl_ciphers",
     .contexts = kServers,
     .syntax = "list",
     .nginx_default = "HIGH:!aNULL:!MD5",
     .help = "The cipher suites of TLS 1.2 and older, as OpenSSL writes them. Without it: those with forward "
             "secrecy and AEAD only.",
     .set = set_text<&TlsOptions::ciphers>},
    {.name = "ssl_prefer_server_ciphers",
     .contexts = kServers,
     .syntax = "on | off",
     .default_text = "off",
     .help = "The server's order of ciphers decides, not the client's.",
     .set = set_switch<&TlsOptions::prefer_server_ciphers>},
    {.name = "ssl_ecdh_curve",
     .contexts = kServers,
     .syntax = "auto | list",
     .default_text = "auto",
     .help = "The groups for key exchange, with \":\" between.",
     .set = set_text<&TlsOptions::curves>},
    {.name = "ssl_dhparam",
     .contexts = kServers,
     .syntax = "file",
     .help = "Parameters for DHE ciphers; without them there are none.",
     .set = set_file<&TlsOptions::dhparam>},
    {.name = "ssl_conf_command",
     .contexts = kServers,
     .syntax = "name value",
     .min_args = 2,
     .max_args = 2,
     .help = "A command of OpenSSL's configuration: \"Ciphersuites TLS_AES_256_GCM_SHA384\".",
     .set = add_command,
     .repeat = true},
    {.name = "ssl_reject_handshake",
     .contexts = kServers,
     .syntax = "on | off",
     .default_text = "off",
     .help = "Handshakes for this server are refused (unrecognized_name); it needs no certificate.",
     .set = set_switch<&TlsOptions::rejects>},
    {.name = "ssl_verify_client",
     .contexts = kServers,
     .syntax = "on | off | optional | optional_no_ca",
     .default_text = "off",
     .help =
         "Asks for a client certificate and checks it. Without a good one the answer is 400 (495, 496 for "
         "error_page).",
     .set = set_verify},
    {.name = "ssl_verify_depth",
     .contexts = kServers,
     .syntax = "number",
     .default_text = "1",
     .help = "The longest chain of a client certificate.",
     .set = set_depth},
    {.name = "ssl_client_certificate",
     .contexts = kServers,
     .syntax = "file",
     .help = "Authorities of client certificates, PEM; their names are sent to clients.",
     .set = set_file<&TlsOptions::client_certificate>},
    {.name = "ssl_trusted_certificate",
     .contexts = kServers,
     .syntax = "file",
     .help = "Authorities of client certificates whose names are not sent.",
     .set = set_file<&TlsOptions::trusted_certificate>},
    {.name = "ssl_crl",
     .contexts = kServers,
     .syntax = "file",
     .help = "Revoked client certificates, PEM.",
     .set = set_file<&TlsOptions::crl>},
    {.name = "ssl_session_tickets",
     .contexts = kServers,
     .syntax = "on | off",
     .default_text = "on",
     .help =
         "Sessions are resumed by tickets. Keys are shared by all workers, kept over reload and changed each "
         "hour or ssl_session_timeout, whichever is longer.",
     .set = set_switch<&TlsOptions::tickets>},
    {.name = "ssl_session_ticket_key",
     .contexts = kServers,
     .syntax = "file",
     .help = "A key of tickets, 48 or 80 bytes, instead of our own. The first encrypts, all decrypt.",
     .set = add_ticket_key,
     .repeat = true},
    {.name = "ssl_session_cache",
     .contexts = kServers,
     .syntax = "off | none | [builtin[:size]] [shared:name:size]",
     .min_args = 1,
     .max_args = 2,
     .default_text = "none",
     .help = "Where sessions are kept for clients without tickets: builtin in each worker, shared for all of "
             "them.",
     .set = set_cache},
    {.name = "ssl_session_timeout",
     .contexts = kServers,
     .syntax = "time",
     .default_text = "5m",
     .help = "How long a session may be resumed.",
     .set = set_timeout},
    {.name = "ssl_buffer_size",
     .contexts = kServers,
     .syntax = "size",
     .default_text = "16k",
     .help = "Most bytes in one record.",
     .set = set_buffer_size},
};

base::Result<void> finish(void* section, conf::Site&) {
  TlsConf& conf = *static_cast<TlsConf*>(section);
  const TlsOptions& options = conf.options;
  using Verify = TlsOptions::Verify;
  if (conf.certificates.size() > conf.keys.size())
    return base::fail("no \"ssl_certificate_key\" is defined for certificate \"{}\"",
                      conf.certificates[conf.keys.size()]);
  bool needs_authority = options.verify == Verify::on || options.verify == Verify::optional;
  if (needs_authority && options.client_certificate.empty() && options.trusted_certificate.empty())
    return base::fail("no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client");
  return {};
}

}  // namespace

const conf::Section TlsConf::kSection = conf::section<TlsConf>("tls", kRows, finish);

static TlsOptions options_of(const TlsConf& conf) {
  TlsOptions options = conf.options;
  for (size_t i = 0; i < conf.certificates.size() && i < conf.keys.size(); ++i)
    options.certificates.emplace_back(conf.certificates[i], conf.keys[i]);
  return options;
}

std::shared_ptr<const proto::QuicKeys> TlsBuild::quic_keys(const TlsConf& conf) {
  TlsOptions options = options_of(conf);
  if (options.certificates.empty() && !options.rejects) return nullptr;
  for (const auto& [known, keys] : quic_keys_) {
    if (known == options) return keys;
  }
  auto keys = proto::read_quic_keys(options);
  if (!keys) {
    builder_.diagnostics->error(conf.at, "{}", keys.error().message);
    return nullptr;
  }
  quic_keys_.emplace_back(options, *keys);
  return *keys;
}

std::shared_ptr<const net::TlsContext> TlsBuild::context(const TlsConf& conf) {
  TlsOptions options = options_of(conf);
  if (options.certificates.empty() && !options.rejects) return nullptr;
  if (!conf.shared.name.empty()) {
    TlsConf::Cache& known = caches_.emplace(conf.shared.name, conf.shared).first->second;
    if (known.size == 0) known.size = conf.shared.size;
    if (conf.shared.size != 0 && known.size != conf.shared.size) {
      builder_.diagnostics->error(conf.shared.at, "the session cache \"{}\" has another size already",
                                  conf.shared.name);
    }
  }
  for (const auto& context : contexts_) {
    if (context->options() == options) return context;
  }
  auto made = net::TlsContext::make(options);
  if (!made) {
    builder_.diagnostics->error(conf.at, "{}", made.error().message);
    return nullptr;
  }
  contexts_.push_back(*made);
  return *made;
}

base::Result<void> TlsBuild::open_memory() {
  for (const auto& [name, cache] : caches_) {
    if (cache.size == 0)
      builder_.diagnostics->error(cache.at, "no size is given for session cache \"{}\"", name);
  }
  if (contexts_.empty() || builder_.diagnostics->failed()) return {};
  auto memory = builder_.shared<Memory>(kSharedKind, "memory", [] { return std::make_shared<Memory>(); });
  if (builder_.segments == nullptr || builder_.test_only) return {};
  auto tickets = builder_.segments->open("tls tickets", net::TlsTicketKeys::kLayout,
                                         net::TlsTicketKeys::bytes(), net::TlsTicketKeys::format);
  if (!tickets) return tl::unexpected(tickets.error());
  memory->tickets = *tickets;
  for (const auto& [name, cache] : caches_) {
    auto segment = builder_.segments->open("tls sessions " + name, net::TlsSessionCache::kLayout, cache.size,
                                           net::TlsSessionCache::format);
    if (!segment) return tl::unexpected(segment.error());
    memory->caches.emplace(name, *segment);
  }
  return {};
}

base::Result<std::unique_ptr<net::TlsCommon>> open_tls(exchange::Worker& worker) {
  auto memory =
      worker.parts() == nullptr ? nullptr : worker.parts()->find_shared<Memory>(kSharedKind, "memory");
  if (memory == nullptr) return std::unique_ptr<net::TlsCommon>();
  auto common = std::unique_ptr<net::TlsCommon>(new net::TlsCommon{worker.loop(), worker.log()});
  if (memory->tickets) {
    base::Result<shm::Mapping> mapping = memory->tickets->map();
    if (!mapping) return tl::unexpected(mapping.error());
    common->tickets = std::make_unique<net::TlsTicketKeys>(std::move(*mapping));
  }
  for (const auto& [name, segment] : memory->caches) {
    base::Result<shm::Mapping> mapping = segment->map();
    if (!mapping) return tl::unexpected(mapping.error());
    common->caches.emplace(name, std::make_unique<net::TlsSessionCache>(std::move(*mapping)));
  }
  return common;
}

}  // namespace proxy
