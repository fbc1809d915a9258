#include "net/tls_facts.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "base/text.h"

namespace net {

namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

/// What `write` writes about a certificate; empty without one.
template <class Write>
std::string about(X509* certificate, Write&& write) {
  if (certificate == nullptr) return {};
  Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || !write(bio.get(), certificate)) return {};
  char* bytes = nullptr;
  long size = BIO_get_mem_data(bio.get(), &bytes);
  return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : std::string();
}

std::string name_text(X509* client, bool issuer) {
  return about(client, [issuer](BIO* bio, X509* certificate) {
    const X509_NAME* name = issuer ? X509_get_issuer_name(certificate) : X509_get_subject_name(certificate);
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0;
  });
}

std::string legacy_name_text(X509* client, bool issuer) {
  if (client == nullptr) return {};
  const X509_NAME* name = issuer ? X509_get_issuer_name(client) : X509_get_subject_name(client);
  char* line = X509_NAME_oneline(name, nullptr, 0);
  std::string text = line == nullptr ? "" : line;
  OPENSSL_free(line);
  return text;
}

std::string group_text(int nid) {
  if (nid == NID_undef) return {};
  if (nid & TLSEXT_nid_unknown) return fmt::format("0x{:04x}", nid & 0xffff);
  return OBJ_nid2sn(nid);
}

}  // namespace

std::string_view SslFacts::protocol() const { return SSL_get_version(ssl_); }

std::string_view SslFacts::cipher() const {
  const char* name = SSL_get_cipher_name(ssl_);
  return name == nullptr ? "" : name;
}

std::string SslFacts::ciphers() const {
  const unsigned char* raw = nullptr;
  size_t unit = SSL_get0_raw_cipherlist(ssl_, nullptr);
  size_t size = SSL_get0_raw_cipherlist(ssl_, &raw);
  std::string text;
  for (size_t i = 0; unit == 2 && i + 1 < size; i += 2) {
    const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl_, raw + i);
    if (!text.empty()) text += ':';
    text +=
        cipher != nullptr ? SSL_CIPHER_get_name(cipher) : fmt::format("0x{:02x}{:02x}", raw[i], raw[i + 1]);
  }
  return text;
}

std::string SslFacts::curve() const { return group_text(static_cast<int>(SSL_get_negotiated_group(ssl_))); }

std::string SslFacts::curves() const {
  int count = static_cast<int>(SSL_get1_curves(ssl_, nullptr));
  if (count <= 0) return {};
  std::vector<int> groups(static_cast<size_t>(count));
  SSL_get1_curves(ssl_, groups.data());
  std::string text;
  for (int group : groups) {
    if (!text.empty()) text += ':';
    text += group_text(group);
  }
  return text;
}

std::string_view SslFacts::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string SslFacts::session_id() const {
  const SSL_SESSION* session = SSL_get_session(ssl_);
  if (session == nullptr) return {};
  unsigned size = 0;
  const unsigned char* id = SSL_SESSION_get_id(session, &size);
  return base::hex(id, size);
}

bool SslFacts::session_reused() const { return SSL_session_reused(ssl_) == 1; }

X509* SslFacts::client() const { return SSL_get0_peer_certificate(ssl_); }

long SslFacts::client_verify_code() const { return SSL_get_verify_result(ssl_); }

TlsFacts::Verdict TlsFacts::client_verdict() const {
  if (!has_client_certificate()) return Verdict::none;
  return client_verify_code() == X509_V_OK ? Verdict::success : Verdict::failed;
}

std::string TlsFacts::client_verify_text() const {
  return X509_verify_cert_error_string(client_verify_code());
}

std::string TlsFacts::client_certificate() const {
  return about(client(),
               [](BIO* bio, X509* certificate) { return PEM_write_bio_X509(bio, certificate) == 1; });
}

std::string TlsFacts::client_fingerprint() const {
  X509* certificate = client();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (certificate == nullptr || X509_digest(certificate, EVP_sha1(), digest, &size) != 1) return {};
  return base::hex(digest, size);
}

std::string TlsFacts::client_subject() const { return name_text(client(), false); }
std::string TlsFacts::client_issuer() const { return name_text(client(), true); }
std::string TlsFacts::client_subject_legacy() const { return legacy_name_text(client(), false); }
std::string TlsFacts::client_issuer_legacy() const { return legacy_name_text(client(), true); }

std::string TlsFacts::client_serial() const {
  return about(client(), [](BIO* bio, X509* certificate) {
    return i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(certificate)) > 0;
  });
}

std::string TlsFacts::client_valid_from() const {
  return about(client(), [](BIO* bio, X509* certificate) {
    return ASN1_TIME_print(bio, X509_get0_notBefore(certificate)) == 1;
  });
}

std::string TlsFacts::client_valid_until() const {
  return about(client(), [](BIO* bio, X509* certificate) {
    return ASN1_TIME_print(bio, X509_get0_notAfter(certificate)) == 1;
  });
}

std::string TlsFacts::client_days_left() const {
  X509* certificate = client();
  if (certificate == nullptr) return {};
  int days = 0;
  int rest = 0;
  if (ASN1_TIME_diff(&days, &rest, nullptr, X509_get0_notAfter(certificate)) != 1) return {};
  return std::to_string(days < 0 || rest < 0 ? 0 : days);
}

std::string sound_server_name(std::string_view text) {
  std::string name = base::lower(text);
  if (!name.empty() && name.back() == '.') name.pop_back();
  bool sound = name.size() <= TLSEXT_MAXLEN_host_name &&
               name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos;
  return sound ? name : std::string();
}

}  // namespace net
