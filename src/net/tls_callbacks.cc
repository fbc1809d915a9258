// What OpenSSL asks during a handshake: which server, which protocol, which ticket key, which session.
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <cstring>
#include <ctime>

#include "base/check.h"
#include "net/tls.h"

namespace net {

struct TlsCallbacks {
  static TlsTransport& transport(SSL* ssl) { return *static_cast<TlsTransport*>(SSL_get_app_data(ssl)); }
  static TlsCommon& common(SSL* ssl) { return transport(ssl).common_; }

  static int on_client_hello(SSL* ssl, int* alert, void*);
  static int on_server_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }
  static int on_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                     unsigned in_size, void*);
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int encrypts);
  static int on_new_session(SSL* ssl, SSL_SESSION* session);
  static SSL_SESSION* on_find_session(SSL* ssl, const unsigned char* id, int size, int* copy);

  static int on_session_given(SSL* ssl, SSL_SESSION* session);

  static const TlsContext* context(SSL* ssl) { return transport(ssl).facts_.context(); }
  static TlsSessionCache* cache(SSL* ssl);
  static bool find_key(SSL* ssl, unsigned char* name, bool encrypts, TicketKey& key, bool& newest);
};

namespace {

/// The name in the server_name extension (RFC 6066 §3), lower case; empty when there is none or it is
/// malformed: the default server answers then, as for a name that nobody has.
std::string server_name_of(SSL* ssl) {
  const unsigned char* data = nullptr;
  size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1 || size < 5) return {};
  size_t list = static_cast<size_t>(data[0]) << 8 | data[1];
  size_t length = static_cast<size_t>(data[3]) << 8 | data[4];
  if (list + 2 != size || data[2] != TLSEXT_NAMETYPE_host_name || length + 3 != list) return {};
  return sound_server_name({reinterpret_cast<const char*>(data + 5), length});
}

constexpr std::string_view kProtocols[] = {"h2", "http/1.1", "http/1.0"};

}  // namespace

// Before anything else is read of it, so that a session is resumed only where it was made: the server's
// context decides which sessions are its own.
int TlsCallbacks::on_client_hello(SSL* ssl, int* alert, void*) {
  TlsTransport& self = transport(ssl);
  self.facts_.server_name_ = server_name_of(ssl);
  const TlsContext* chosen = self.names_->tls_context(self.facts_.server_name_);
  if (chosen->options().rejects) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  if (chosen != self.facts_.context_ && !chosen->apply_to(ssl)) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }
  self.facts_.context_ = chosen;
  return SSL_CLIENT_HELLO_SUCCESS;
}

// RFC 7301 §3.2: a client that offers only what we do not speak is told so.
int TlsCallbacks::on_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                          const unsigned char* in, unsigned in_size, void*) {
  const TlsTransport& self = transport(ssl);
  bool with_h2 = self.names_->speaks_h2(self.facts_.server_name_);
  for (std::string_view ours : kProtocols) {
    if (ours == "h2" && !with_h2) continue;
    for (unsigned at = 0; at < in_size; at += 1u + in[at]) {
      std::string_view offered(reinterpret_cast<const char*>(in + at + 1), in[at]);
      if (offered != ours) continue;
      *out = in + at + 1;
      *out_size = in[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool TlsCallbacks::find_key(SSL* ssl, unsigned char* name, bool encrypts, TicketKey& key, bool& newest) {
  const TlsContext& here = *context(ssl);
  newest = true;
  if (!here.ticket_keys().empty()) {
    for (const TicketKey& known : here.ticket_keys()) {
      if (encrypts || std::memcmp(known.name, name, TicketKey::kName) == 0) {
        key = known;
        return true;
      }
      newest = false;
    }
    return false;
  }
  TlsTicketKeys* shared = common(ssl).tickets.get();
  PC_CHECK(shared != nullptr);
  if (encrypts) {
    key = shared->current(static_cast<int64_t>(::time(nullptr)) * 1000, here.options().session_timeout);
    return true;
  }
  std::optional<TicketKey> found = shared->find(name, newest);
  if (found) key = *found;
  return found.has_value();
}

// RFC 5077 §4: AES-CBC and HMAC-SHA256 over the session. 0: unknown key, a full handshake follows; 2: resume,
// and give a new ticket.
int TlsCallbacks::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                            EVP_MAC_CTX* mac, int encrypts) {
  TicketKey key;
  bool newest = true;
  if (!find_key(ssl, name, encrypts == 1, key, newest)) return encrypts ? -1 : 0;
  const EVP_CIPHER* kind = key.size == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac, key.size),
                             OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                             OSSL_PARAM_construct_end()};
  bool sound = EVP_MAC_CTX_set_params(mac, parameters) == 1;
  if (encrypts) {
    std::memcpy(name, key.name, TicketKey::kName);
    sound = sound && RAND_bytes(iv, EVP_CIPHER_get_iv_length(kind)) == 1 &&
            EVP_EncryptInit_ex(cipher, kind, nullptr, key.cipher, iv) == 1;
  } else {
    sound = sound && EVP_DecryptInit_ex(cipher, kind, nullptr, key.cipher, iv) == 1;
  }
  OPENSSL_cleanse(&key, sizeof key);
  if (!sound) return -1;
  if (encrypts) return 1;
  // A TLS 1.3 client uses a ticket once (RFC 8446 appendix C.4): it gets the next one.
  return newest && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2;
}

TlsSessionCache* TlsCallbacks::cache(SSL* ssl) {
  const std::string& name = context(ssl)->options().shared_cache;
  if (name.empty()) return nullptr;
  auto found = common(ssl).caches.find(name);
  return found == common(ssl).caches.end() ? nullptr : found->second.get();
}

int TlsCallbacks::on_new_session(SSL* ssl, SSL_SESSION* session) {
  TlsSessionCache* sessions = cache(ssl);
  // In TLS 1.3 the ticket holds all of it.
  bool in_ticket = SSL_version(ssl) == TLS1_3_VERSION && !(SSL_get_options(ssl) & SSL_OP_NO_TICKET);
  if (sessions == nullptr || in_ticket) return 0;
  unsigned char bytes[TlsSessionCache::kBucket];
  int size = i2d_SSL_SESSION(session, nullptr);
  if (size <= 0 || static_cast<size_t>(size) > sizeof bytes) return 0;
  unsigned char* end = bytes;
  i2d_SSL_SESSION(session, &end);
  unsigned id_size = 0;
  const unsigned char* id = SSL_SESSION_get_id(session, &id_size);
  int64_t now = ::time(nullptr);
  sessions->put({reinterpret_cast<const char*>(id), id_size},
                {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)}, now,
                now + SSL_SESSION_get_timeout(session));
  OPENSSL_cleanse(bytes, static_cast<size_t>(size));
  return 0;
}

SSL_SESSION* TlsCallbacks::on_find_session(SSL* ssl, const unsigned char* id, int size, int* copy) {
  *copy = 0;
  TlsSessionCache* sessions = cache(ssl);
  if (sessions == nullptr || size <= 0) return nullptr;
  std::optional<std::string> found = sessions->find(
      {reinterpret_cast<const char*>(id), static_cast<size_t>(size)}, static_cast<int64_t>(::time(nullptr)));
  if (!found) return nullptr;
  const unsigned char* bytes = reinterpret_cast<const unsigned char*>(found->data());
  SSL_SESSION* session = d2i_SSL_SESSION(nullptr, &bytes, static_cast<long>(found->size()));
  OPENSSL_cleanse(found->data(), found->size());
  return session;
}

// Ours to free when 1 is returned.
int TlsCallbacks::on_session_given(SSL* ssl, SSL_SESSION* session) {
  const TlsTransport::Client& client = *transport(ssl).client_;
  if (!client.sessions || SSL_SESSION_is_resumable(session) != 1) return 0;
  client.sessions->keep(client.context, client.name, session);
  return 1;
}

void set_tls_client_callbacks(SSL_CTX* context) {
  SSL_CTX_sess_set_new_cb(context, TlsCallbacks::on_session_given);
}

void set_tls_callbacks(SSL_CTX* context) {
  SSL_CTX_set_client_hello_cb(context, TlsCallbacks::on_client_hello, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, TlsCallbacks::on_server_name);
  SSL_CTX_set_alpn_select_cb(context, TlsCallbacks::on_alpn, nullptr);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, TlsCallbacks::on_ticket);
  SSL_CTX_sess_set_new_cb(context, TlsCallbacks::on_new_session);
  SSL_CTX_sess_set_get_cb(context, TlsCallbacks::on_find_session);
}

}  // namespace net
