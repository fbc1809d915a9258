// TLS as a client: how connections to origins are made, and the sessions that let the next one begin with
// less. Contexts are built by the master, immutable afterwards, and inherited by workers; they may hold a
// private key. Sessions belong to one peer in one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"
#include "net/tls_context.h"

using SSL_SESSION = struct ssl_session_st;

namespace net {

struct TlsCommon;
class TlsTransport;

/// What proxy_ssl_* lines say. Paths are absolute.
struct TlsClientOptions {
  std::string certificate;  ///< ours, and its key; empty: none
  std::string certificate_key;
  std::string password_file;
  uint8_t protocols = TlsOptions::kTls12 | TlsOptions::kTls13;
  std::string ciphers = "DEFAULT";
  std::vector<std::pair<std::string, std::string>> commands;
  bool verify = true;  ///< who is not whom we mean gets nothing from us
  int verify_depth = 9;
  std::string trusted_certificate;  ///< empty: the system's authorities
  std::string crl;
  bool sends_name = true;       ///< server_name (RFC 6066 §3)
  bool reuses_sessions = true;  ///< tickets and session ids
  std::vector<std::string> alpn;

  bool operator==(const TlsClientOptions&) const = default;
};

class TlsClientContext {
 public:
  /// Reads all files. Errors name the file and OpenSSL's reason.
  static base::Result<std::shared_ptr<const TlsClientContext>> make(const TlsClientOptions& options);
  ~TlsClientContext();
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;

  const TlsClientOptions& options() const { return options_; }
  SSL_CTX* raw() const { return context_; }

 private:
  TlsClientContext(const TlsClientOptions& options, SSL_CTX* context)
      : options_(options), context_(context) {}
  base::Result<void> set_parameters();
  base::Result<void> set_verification();

  TlsClientOptions options_;
  SSL_CTX* context_;
};

/// The last session with a peer, by the context and the name it was made with: another's would let in whom
/// this one would not.
class TlsClientSessions {
 public:
  /// Names with the same peer; the longest unused is forgotten.
  static constexpr size_t kMost = 16;

  TlsClientSessions() = default;
  ~TlsClientSessions();
  TlsClientSessions(const TlsClientSessions&) = delete;
  TlsClientSessions& operator=(const TlsClientSessions&) = delete;

  /// Null when there is none; ours.
  SSL_SESSION* find(const TlsClientContext& context, std::string_view name) const;
  /// Takes the reference.
  void keep(const TlsClientContext& context, std::string_view name, SSL_SESSION* session);
  void forget(const TlsClientContext& context, std::string_view name);

 private:
  struct Entry {
    const TlsClientContext* context;
    std::string name;
    SSL_SESSION* session;
  };
  std::vector<Entry> entries_;  // the last made comes last
};

/// Whom a connection is to reach.
struct TlsTarget {
  TlsTarget(const TlsClientContext& of, std::string_view whom, std::shared_ptr<TlsClientSessions> known)
      : context(of), name(whom), sessions(std::move(known)) {}
  const TlsClientContext& context;
  /// Whom the certificate must name, and who is asked for: a host or an address in digits. Empty: nobody in
  /// particular, so with verification nobody is let through.
  std::string_view name;
  std::shared_ptr<TlsClientSessions> sessions;  ///< null: none are kept
};

/// 0 when the handshake of `transport` is done; else errno: ETIMEDOUT after `timeout`, ECANCELED when `scope`
/// (which may be null) was canceled, else what transport.failure() explains. The caller then gives it another
/// handler.
event::Task<int> shake_hands(event::Loop& loop, TlsTransport& transport, base::Duration timeout,
                             event::CancelScope* scope);

/// "host:8080" → "host", "[::1]:80" → "::1": what of $proxy_host is a name.
std::string_view tls_name_of(std::string_view host_and_port);

}  // namespace net
