// The TLS of QUIC, on GnuTLS: the one place that knows which library it is. Certificates and their keys are
// read by the master into Credentials; a TlsSession is one connection's handshake. Who may come in is decided
// where it is for TCP: client certificates are judged by the server's net::TlsContext.
#pragma once

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "net/tls_facts.h"
#include "proto/h3/connection_id.h"
#include "proto/quic.h"

namespace h3 {

class Credentials final : public proto::QuicKeys {
 public:
  /// Errors: a file, with GnuTLS's reason; an option of TLS that QUIC cannot keep, by name.
  static base::Result<std::shared_ptr<const proto::QuicKeys>> read(const net::TlsOptions& options);
  ~Credentials() override;

  gnutls_certificate_credentials_t raw() const { return raw_; }
  gnutls_priority_t priority() const { return priority_; }

 private:
  Credentials() = default;
  base::Result<void> load(const net::TlsOptions& options);

  gnutls_certificate_credentials_t raw_ = nullptr;
  gnutls_priority_t priority_ = nullptr;
};

class TlsSession final : public net::TlsFacts {
 public:
  /// All of them outlive it. `tickets`: the secret that tickets of all servers are made with.
  TlsSession(ngtcp2_crypto_conn_ref& connection, const proto::QuicNames& names, Bytes tickets);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  gnutls_session_t raw() const { return session_; }
  /// The handshake has completed: judges the client's certificate. Returns 0, or the alert that ends the
  /// connection (no ALPN: RFC 9001 §8.1).
  uint8_t complete();
  /// A ticket for the client's next connection.
  void send_ticket();

  std::string_view protocol() const override { return "TLSv1.3"; }
  std::string_view cipher() const override;
  std::string ciphers() const override { return {}; }
  std::string curve() const override;
  std::string curves() const override { return {}; }
  std::string_view alpn() const override { return "h3"; }
  std::string session_id() const override;
  bool session_reused() const override;
  long client_verify_code() const override { return verify_code_; }

 private:
  static int on_client_hello(gnutls_session_t session);
  int choose_server();
  void judge_client();
  X509* client() const override { return client_; }

  ngtcp2_crypto_conn_ref& connection_;
  const proto::QuicNames& names_;
  Bytes tickets_;
  gnutls_session_t session_ = nullptr;
  gnutls_datum_t ticket_key_ = {nullptr, 0};
  X509* client_ = nullptr;
  long verify_code_ = 0;
};

}  // namespace h3
