#include "net/tls_context.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstring>

#include "base/check.h"
#include "base/text.h"
#include "net/tls.h"
#include "net/tls_loading.h"

namespace net {

namespace {

/// Without CBC, static RSA and everything older.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305";

/// SHA-256 over parts, each with its length in front.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {
    PC_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
  }
  void add(std::string_view part) {
    uint64_t size = part.size();
    EVP_DigestUpdate(context_.get(), &size, sizeof size);
    EVP_DigestUpdate(context_.get(), part.data(), part.size());
  }
  std::string finish() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes, &size);
    return {reinterpret_cast<char*>(bytes), size};
  }

 private:
  OwnedTls<EVP_MD_CTX> context_;
};

/// What differs from server to server among the flags.
constexpr uint64_t kServerFlags = SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                  SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2;

uint64_t server_flags(const TlsOptions& options) {
  uint64_t flags = 0;
  if (!options.tickets) flags |= SSL_OP_NO_TICKET;
  if (options.prefer_server_ciphers) flags |= SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
  return flags | version_holes(options.protocols);
}

// The verdict is read when a request comes: who is not let in gets an answer that says why.
int accept_any_certificate(int, X509_STORE_CTX*) { return 1; }

int verify_mode(const TlsOptions& options) {
  return options.verify == TlsOptions::Verify::off ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
}

}  // namespace

base::Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsOptions& options) {
  ERR_clear_error();
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  if (raw == nullptr) return base::fail("SSL_CTX_new() failed (SSL: {})", tls_error_text());
  std::shared_ptr<TlsContext> context(new TlsContext(options, raw));
  set_common(raw);
  SSL_CTX_set_num_tickets(raw, 1);
  for (auto step : {&TlsContext::set_parameters, &TlsContext::load_keys, &TlsContext::set_verification,
                    &TlsContext::read_ticket_keys, &TlsContext::name_sessions}) {
    base::Result<void> done = (context.get()->*step)();
    if (!done) return tl::unexpected(done.error());
  }
  set_tls_callbacks(raw);
  return std::shared_ptr<const TlsContext>(std::move(context));
}

TlsContext::~TlsContext() {
  for (TicketKey& key : ticket_keys_) OPENSSL_cleanse(&key, sizeof key);
  SSL_CTX_free(context_);
}

base::Result<void> TlsContext::set_parameters() {
  auto [lowest, highest] = version_range(options_.protocols);
  if (lowest == 0) return base::fail("no protocol is left");
  SSL_CTX_set_min_proto_version(context_, lowest);
  SSL_CTX_set_max_proto_version(context_, highest);
  SSL_CTX_set_options(context_, server_flags(options_));
  const std::string ciphers = options_.ciphers.empty() ? kCiphers : options_.ciphers;
  if (SSL_CTX_set_cipher_list(context_, ciphers.c_str()) != 1)
    return fail_tls("SSL_CTX_set_cipher_list", ciphers);
  if (options_.curves != "auto" && SSL_CTX_set1_curves_list(context_, options_.curves.c_str()) != 1)
    return fail_tls("SSL_CTX_set1_curves_list", options_.curves);
  if (!options_.dhparam.empty()) {
    OwnedTls<BIO> file(BIO_new_file(options_.dhparam.c_str(), "r"));
    if (!file) return fail_tls("BIO_new_file", options_.dhparam);
    EVP_PKEY* parameters = PEM_read_bio_Parameters(file.get(), nullptr);
    if (parameters == nullptr) return fail_tls("PEM_read_bio_Parameters", options_.dhparam);
    if (SSL_CTX_set0_tmp_dh_pkey(context_, parameters) != 1) {
      EVP_PKEY_free(parameters);
      return fail_tls("SSL_CTX_set0_tmp_dh_pkey", options_.dhparam);
    }
  }
  if (options_.commands.empty()) return {};
  OwnedTls<SSL_CONF_CTX> commands(SSL_CONF_CTX_new());
  SSL_CONF_CTX_set_ssl_ctx(commands.get(), context_);
  return run_commands(commands.get(), options_.commands, SSL_CONF_FLAG_SERVER);
}

base::Result<void> TlsContext::load_keys() {
  return load_certificates(context_, options_.certificates, options_.password_file);
}

base::Result<void> TlsContext::set_verification() {
  SSL_CTX_set_verify(context_, verify_mode(options_), accept_any_certificate);
  SSL_CTX_set_verify_depth(context_, options_.verify_depth);
  Digest trust;
  trust.add(std::to_string(static_cast<int>(options_.verify)) + ":" + std::to_string(options_.verify_depth));
  for (const std::string* path :
       {&options_.client_certificate, &options_.trusted_certificate, &options_.crl}) {
    std::string text;
    if (!path->empty()) {
      base::Result<std::string> read = read_tls_file(*path);
      if (!read) return tl::unexpected(read.error());
      text = std::move(*read);
    }
    trust.add(text);
  }
  trust_ = trust.finish();
  for (const std::string* path : {&options_.client_certificate, &options_.trusted_certificate}) {
    base::Result<void> loaded = load_authorities(context_, *path);
    if (!loaded) return loaded;
  }
  if (!options_.client_certificate.empty()) {
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(options_.client_certificate.c_str());
    if (names == nullptr) return fail_tls("SSL_load_client_CA_file", options_.client_certificate);
    SSL_CTX_set_client_CA_list(context_, names);
  }
  return load_revoked(context_, options_.crl);
}

// nginx's layout: name, cipher, MAC of 16 bytes each, or a name of 16, a MAC of 32 and a cipher of 32 bytes.
base::Result<void> TlsContext::read_ticket_keys() {
  for (const std::string& path : options_.ticket_keys) {
    base::Result<std::string> text = read_tls_file(path);
    if (!text) return tl::unexpected(text.error());
    if (text->size() != 48 && text->size() != 80) return base::fail("\"{}\" must be 48 or 80 bytes", path);
    TicketKey key = {};
    key.size = text->size() == 48 ? 16 : 32;
    std::memcpy(key.name, text->data(), TicketKey::kName);
    const char* first = text->data() + TicketKey::kName;
    std::memcpy(key.size == 16 ? key.cipher : key.mac, first, key.size);
    std::memcpy(key.size == 16 ? key.mac : key.cipher, first + key.size, key.size);
    OPENSSL_cleanse(text->data(), text->size());
    ticket_keys_.push_back(key);
    OPENSSL_cleanse(&key, sizeof key);
  }
  return {};
}

base::Result<void> TlsContext::name_sessions() {
  using Cache = TlsOptions::Cache;
  Digest sessions;
  sessions.add(trust_);
  for (const auto& [certificate, key] : options_.certificates) {
    base::Result<std::string> text = read_tls_file(certificate);
    if (!text) return tl::unexpected(text.error());
    sessions.add(*text);
  }
  sessions_ = sessions.finish();
  SSL_CTX_set_session_id_context(context_, reinterpret_cast<const unsigned char*>(sessions_.data()),
                                 static_cast<unsigned>(sessions_.size()));
  SSL_CTX_set_timeout(context_, static_cast<long>(options_.session_timeout.count() / 1000));
  long mode = SSL_SESS_CACHE_OFF;
  if (options_.cache != Cache::off) mode = SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_AUTO_CLEAR;
  if (options_.cache != Cache::off && options_.builtin_cache < 0) mode |= SSL_SESS_CACHE_NO_INTERNAL;
  SSL_CTX_set_session_cache_mode(context_, mode);
  if (options_.builtin_cache > 0) SSL_CTX_sess_set_cache_size(context_, options_.builtin_cache);
  return {};
}

long TlsContext::verify_client(X509* certificate, stack_st_X509* chain) const {
  OwnedTls<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (!context ||
      X509_STORE_CTX_init(context.get(), SSL_CTX_get_cert_store(context_), certificate, chain) != 1 ||
      X509_STORE_CTX_set_default(context.get(), "ssl_client") != 1) {
    ERR_clear_error();
    return X509_V_ERR_UNSPECIFIED;
  }
  X509_STORE_CTX_set_depth(context.get(), options_.verify_depth);
  X509_STORE_CTX_set_verify_cb(context.get(), accept_any_certificate);
  int verified = X509_verify_cert(context.get());
  ERR_clear_error();
  if (verified < 0) return X509_V_ERR_UNSPECIFIED;
  return X509_STORE_CTX_get_error(context.get());
}

// SSL_set_SSL_CTX() brings certificates, cipher lists and callbacks; what a connection copied from its first
// context has to be replaced by hand.
bool TlsContext::apply_to(SSL* ssl) const {
  if (SSL_set_SSL_CTX(ssl, context_) == nullptr) return false;
  auto [lowest, highest] = version_range(options_.protocols);
  SSL_set_min_proto_version(ssl, lowest);
  SSL_set_max_proto_version(ssl, highest);
  SSL_clear_options(ssl, kServerFlags);
  SSL_set_options(ssl, server_flags(options_));
  SSL_set_verify(ssl, verify_mode(options_), accept_any_certificate);
  SSL_set_verify_depth(ssl, options_.verify_depth);
  SSL_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>(sessions_.data()),
                             static_cast<unsigned>(sessions_.size()));
  if (options_.curves != "auto" && SSL_set1_curves_list(ssl, options_.curves.c_str()) != 1) return false;
  if (options_.commands.empty()) return true;
  OwnedTls<SSL_CONF_CTX> commands(SSL_CONF_CTX_new());
  SSL_CONF_CTX_set_ssl(commands.get(), ssl);
  return run_commands(commands.get(), options_.commands, SSL_CONF_FLAG_SERVER).has_value();
}

}  // namespace net
