// What a TLS connection is, for variables and for who decides by them: read from its library when somebody
// asks. Owned by its transport (or QUIC connection), and valid as long as that, also when the connection is
// closed. Client certificates are read with OpenSSL whichever library made the handshake.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

using SSL = struct ssl_st;
using X509 = struct x509_st;

namespace net {

class TlsContext;

class TlsFacts {
 public:
  /// How the client's certificate was judged.
  enum class Verdict : uint8_t { none, success, failed };

  /// "TLSv1.3".
  virtual std::string_view protocol() const = 0;
  virtual std::string_view cipher() const = 0;
  /// What the client offered, by name or as 0x0a0a, with ":" between; empty where it is not known.
  virtual std::string ciphers() const = 0;
  virtual std::string curve() const = 0;
  virtual std::string curves() const = 0;
  /// Lower case; empty when the client named none.
  const std::string& server_name() const { return server_name_; }
  virtual std::string_view alpn() const = 0;
  /// In hexadecimal.
  virtual std::string session_id() const = 0;
  virtual bool session_reused() const = 0;

  bool has_client_certificate() const { return client() != nullptr; }
  Verdict client_verdict() const;
  /// X509_V_OK or OpenSSL's number of what is wrong with the client's certificate.
  virtual long client_verify_code() const = 0;
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

 protected:
  ~TlsFacts() = default;
  /// The client's certificate; stays the connection's. Null without one.
  virtual X509* client() const = 0;

  const TlsContext* context_ = nullptr;
  std::string server_name_;
  bool plain_ = false;
};

/// Of a TLS transport on OpenSSL.
class SslFacts final : public TlsFacts {
 public:
  explicit SslFacts(SSL* ssl) : ssl_(ssl) {}

  std::string_view protocol() const override;
  std::string_view cipher() const override;
  std::string ciphers() const override;
  std::string curve() const override;
  std::string curves() const override;
  std::string_view alpn() const override;
  std::string session_id() const override;
  bool session_reused() const override;
  long client_verify_code() const override;

 private:
  friend class TlsTransport;
  friend struct TlsCallbacks;
  X509* client() const override;

  SSL* ssl_;
};

/// A name as the ClientHello says it (RFC 6066 §3), lower case and without a dot at the end; empty when it is
/// no name of a host: the default server answers then, as for a name that nobody has.
std::string sound_server_name(std::string_view name);

}  // namespace net
