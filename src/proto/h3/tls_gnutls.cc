#include "proto/h3/tls_gnutls.h"

#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <openssl/x509.h>

#include <cstring>

#include "base/check.h"
#include "base/text.h"
#include "net/tls_context.h"

namespace h3 {

using net::TlsOptions;

namespace {

// TLS 1.3 alone, without the messages that only middle boxes of TCP want to see (RFC 9001 §8.4).
constexpr std::string_view kPriority =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:"
    "%DISABLE_TLS13_COMPAT_MODE";
constexpr std::string_view kGroups =
    ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1";
constexpr size_t kTicketKey = 64;

struct Group {
  std::string_view openssl;
  std::string_view alias;
  std::string_view gnutls;
  gnutls_group_t id;
};
constexpr Group kKnownGroups[] = {
    {"X25519", "x25519", "GROUP-X25519", GNUTLS_GROUP_X25519},
    {"prime256v1", "P-256", "GROUP-SECP256R1", GNUTLS_GROUP_SECP256R1},
    {"secp384r1", "P-384", "GROUP-SECP384R1", GNUTLS_GROUP_SECP384R1},
    {"secp521r1", "P-521", "GROUP-SECP521R1", GNUTLS_GROUP_SECP521R1},
    {"X448", "x448", "GROUP-X448", GNUTLS_GROUP_X448},
};

base::Result<std::string> priority_of(const TlsOptions& options) {
  std::string text(kPriority);
  if (options.prefer_server_ciphers) text += ":%SERVER_PRECEDENCE";
  if (options.curves == "auto") return text + std::string(kGroups);
  text += ":-GROUP-ALL";
  std::string unknown;
  base::split(options.curves, ':', [&](std::string_view name) {
    for (const Group& group : kKnownGroups) {
      if (name != group.openssl && name != group.alias) continue;
      text += ":+" + std::string(group.gnutls);
      return;
    }
    unknown = name;
  });
  if (!unknown.empty()) return base::fail("ssl_ecdh_curve \"{}\" is not known to QUIC", unknown);
  return text;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  gnutls_datum_t text = {nullptr, 0};
  if (path.empty() || gnutls_load_file(path.c_str(), &text) != 0) return lines;
  base::split({reinterpret_cast<char*>(text.data), text.size}, '\n', [&](std::string_view line) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
  });
  gnutls_memset(text.data, 0, text.size);
  gnutls_free(text.data);
  return lines;
}

}  // namespace

base::Result<std::shared_ptr<const proto::QuicKeys>> Credentials::read(const TlsOptions& options) {
  std::shared_ptr<Credentials> keys(new Credentials);
  base::Result<void> loaded = keys->load(options);
  if (!loaded) return tl::unexpected(loaded.error());
  return std::shared_ptr<const proto::QuicKeys>(std::move(keys));
}

Credentials::~Credentials() {
  if (raw_ != nullptr) gnutls_certificate_free_credentials(raw_);
  if (priority_ != nullptr) gnutls_priority_deinit(priority_);
}

base::Result<void> Credentials::load(const TlsOptions& options) {
  if (!(options.protocols & TlsOptions::kTls13)) return base::fail("QUIC needs TLSv1.3 in ssl_protocols");
  if (!options.commands.empty()) {
    return base::fail("ssl_conf_command \"{}\" does not hold on QUIC", options.commands.front().first);
  }
  base::Result<std::string> priority = priority_of(options);
  if (!priority) return tl::unexpected(priority.error());
  const char* where = nullptr;
  int code = gnutls_priority_init(&priority_, priority->c_str(), &where);
  if (code != 0) return base::fail("gnutls_priority_init() failed ({})", gnutls_strerror(code));
  PC_CHECK(gnutls_certificate_allocate_credentials(&raw_) == 0);
  std::vector<std::string> passwords = lines_of(options.password_file);
  for (const auto& [certificate, key] : options.certificates) {
    code = gnutls_certificate_set_x509_key_file(raw_, certificate.c_str(), key.c_str(), GNUTLS_X509_FMT_PEM);
    for (size_t i = 0; code < 0 && i < passwords.size(); ++i) {
      code = gnutls_certificate_set_x509_key_file2(raw_, certificate.c_str(), key.c_str(),
                                                   GNUTLS_X509_FMT_PEM, passwords[i].c_str(), 0);
    }
    if (code < 0) {
      return base::fail("cannot load certificate \"{}\" and key \"{}\" for QUIC (GnuTLS: {})", certificate,
                        key, gnutls_strerror(code));
    }
  }
  for (std::string& password : passwords) gnutls_memset(password.data(), 0, password.size());
  return {};
}

TlsSession::TlsSession(ngtcp2_crypto_conn_ref& connection, const proto::QuicNames& names, Bytes tickets)
    : connection_(connection), names_(names), tickets_(tickets) {
  proto::QuicServer first = names.quic_server({});
  const auto& keys = static_cast<const Credentials&>(*first.keys);
  context_ = first.tls;
  PC_CHECK(gnutls_init(&session_, GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET) == 0);
  PC_CHECK(gnutls_priority_set(session_, keys.priority()) == 0);
  PC_CHECK(ngtcp2_crypto_gnutls_configure_server_session(session_) == 0);
  PC_CHECK(gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, keys.raw()) == 0);
  static constexpr unsigned char kAlpn[] = {'h', '3'};
  gnutls_datum_t alpn = {const_cast<unsigned char*>(kAlpn), sizeof kAlpn};
  gnutls_alpn_set_protocols(session_, &alpn, 1, GNUTLS_ALPN_MANDATORY);
  gnutls_handshake_set_post_client_hello_function(session_, on_client_hello);
  gnutls_session_set_ptr(session_, &connection_);
}

TlsSession::~TlsSession() {
  if (client_ != nullptr) X509_free(client_);
  gnutls_deinit(session_);
  if (ticket_key_.data != nullptr) {
    gnutls_memset(ticket_key_.data, 0, ticket_key_.size);
    gnutls_free(ticket_key_.data);
  }
}

int TlsSession::on_client_hello(gnutls_session_t session) {
  auto* connection = static_cast<ngtcp2_crypto_conn_ref*>(gnutls_session_get_ptr(session));
  return static_cast<TlsSession*>(connection->user_data)->choose_server();
}

// The name decides everything before a certificate is shown or a session is resumed, as it does on TCP.
int TlsSession::choose_server() {
  char name[256];
  size_t size = sizeof name;
  unsigned type = 0;
  if (gnutls_server_name_get(session_, name, &size, &type, 0) == 0 && type == GNUTLS_NAME_DNS) {
    server_name_ = net::sound_server_name({name, strnlen(name, size)});
  }
  proto::QuicServer chosen = names_.quic_server(server_name_);
  if (chosen.tls->options().rejects) return GNUTLS_E_UNRECOGNIZED_NAME;
  if (!chosen.enabled) return GNUTLS_E_NO_APPLICATION_PROTOCOL;
  context_ = chosen.tls;
  const TlsOptions& options = chosen.tls->options();
  const auto& keys = static_cast<const Credentials&>(*chosen.keys);
  int code = gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, keys.raw());
  if (code != 0) return code;
  bool asks = options.verify != TlsOptions::Verify::off;
  gnutls_certificate_server_set_request(session_, asks ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
  if (!options.tickets) return 0;
  // A session is resumed only where clients are trusted alike and certificates are the same.
  const std::string& sessions = chosen.tls->session_name();
  ticket_key_.data = static_cast<unsigned char*>(gnutls_malloc(kTicketKey));
  ticket_key_.size = kTicketKey;
  code = gnutls_hmac_fast(GNUTLS_MAC_SHA512, tickets_.data(), tickets_.size(), sessions.data(),
                          sessions.size(), ticket_key_.data);
  if (code != 0) return code;
  gnutls_db_set_cache_expiration(session_, static_cast<int>(options.session_timeout.count() / 1000));
  return gnutls_session_ticket_enable_server(session_, &ticket_key_);
}

uint8_t TlsSession::complete() {
  gnutls_datum_t chosen = {nullptr, 0};
  constexpr uint8_t kNoApplicationProtocol = 120;
  if (gnutls_alpn_get_selected_protocol(session_, &chosen) != 0) return kNoApplicationProtocol;
  judge_client();
  return 0;
}

void TlsSession::judge_client() {
  unsigned count = 0;
  const gnutls_datum_t* certificates = gnutls_certificate_get_peers(session_, &count);
  if (certificates == nullptr || count == 0) return;
  STACK_OF(X509)* chain = sk_X509_new_null();
  for (unsigned i = 0; i < count; ++i) {
    const unsigned char* data = certificates[i].data;
    X509* certificate = d2i_X509(nullptr, &data, certificates[i].size);
    if (certificate == nullptr) continue;
    if (client_ == nullptr && i == 0) {
      X509_up_ref(certificate);
      client_ = certificate;
    }
    sk_X509_push(chain, certificate);
  }
  if (client_ != nullptr) verify_code_ = context_->verify_client(client_, chain);
  sk_X509_pop_free(chain, X509_free);
}

void TlsSession::send_ticket() {
  if (ticket_key_.data != nullptr) gnutls_session_ticket_send(session_, 1, 0);
}

std::string_view TlsSession::cipher() const {
  const char* name = gnutls_ciphersuite_get(session_);
  return name == nullptr ? "" : name;
}

std::string TlsSession::curve() const {
  gnutls_group_t id = gnutls_group_get(session_);
  for (const Group& group : kKnownGroups) {
    if (group.id == id) return std::string(group.openssl);
  }
  return {};
}

std::string TlsSession::session_id() const { return {}; }

bool TlsSession::session_reused() const { return gnutls_session_is_resumed(session_) != 0; }

}  // namespace h3
