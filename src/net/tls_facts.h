// What a TLS connection is, for variables and for who decides by them: read from OpenSSL when somebody asks.
// Owned by its transport, and valid as long as that, also when the connection is closed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

using SSL = struct ssl_st;

namespace net {

class TlsContext;

class TlsFacts {
 public:
  /// How the client's certificate was judged.
  enum class Verdict : uint8_t { none, success, failed };

  explicit TlsFacts(SSL* ssl) : ssl_(ssl) {}

  /// "TLSv1.3".
  std::string_view protocol() const;
  std::string_view cipher() const;
  /// What the client offered, by name or as 0x0a0a, with ":" between.
  std::string ciphers() const;
  std::string curve() const;
  std::string curves() const;
  /// Lower case; empty when the client named none.
  const std::string& server_name() const { return server_name_; }
  std::string_view alpn() const;
  /// In hexadecimal.
  std::string session_id() const;
  bool session_reused() const;

  bool has_client_certificate() const;
  Verdict client_verdict() const;
  /// X509_V_OK or OpenSSL's number of what is wrong with the client's certificate.
  long client_verify_code() const;
  std::string client_verify_text() const;
  /// PEM; empty without a certificate, like all that follow.
  std::string client_certificate() const;
  /// SHA-1, in hexadecimal.
  std::string client_fingerprint() const;
  /// RFC 2253.
  std::string client_subject() const;
  std::string client_issuer() const;
  /// As OpenSSL once wrote them: "/C=DE/CN=x".
  std::string client_subject_legacy() const;
  std::string client_issuer_legacy() const;
  std::string client_serial() const;
  /// "Nov 23 21:00:00 2026 GMT".
  std::string client_valid_from() const;
  std::string client_valid_until() const;
  /// Whole days until it expires, 0 when it has.
  std::string client_days_left() const;

  /// The context that the handshake ended with.
  const TlsContext* context() const { return context_; }
  /// A request without TLS came to a TLS port: nothing else here holds.
  bool is_plain() const { return plain_; }

 private:
  friend class TlsTransport;
  friend struct TlsCallbacks;
  SSL* ssl_;
  const TlsContext* context_ = nullptr;
  std::string server_name_;
  bool plain_ = false;
};

}  // namespace net
