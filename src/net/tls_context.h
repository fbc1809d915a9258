// How TLS connections of a server are made: certificates, protocols, ciphers, who may come in. Built from
// options by the master, which may still read the files; immutable afterwards; workers inherit it by fork.
// Holds private keys: its process must not leave a core file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/units.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;
using X509 = struct x509_st;
struct stack_st_X509;

namespace net {

/// What a server's ssl_* lines say. Paths are absolute.
struct TlsOptions {
  enum Protocol : uint8_t { kTls10 = 1, kTls11 = 2, kTls12 = 4, kTls13 = 8 };
  enum class Verify : uint8_t { off, on, optional, optional_no_ca };
  enum class Cache : uint8_t { off, none, kept };

  std::vector<std::pair<std::string, std::string>> certificates;  ///< file of the chain, file of the key
  std::string password_file;
  uint8_t protocols = kTls12 | kTls13;
  std::string ciphers;
  bool prefer_server_ciphers = false;
  std::string curves = "auto";
  std::string dhparam;
  std::vector<std::pair<std::string, std::string>> commands;
  bool rejects = false;  ///< ssl_reject_handshake

  Verify verify = Verify::off;
  int verify_depth = 1;
  std::string client_certificate;
  std::string trusted_certificate;
  std::string crl;

  bool tickets = true;
  std::vector<std::string> ticket_keys;
  Cache cache = Cache::none;
  int64_t builtin_cache = -1;  ///< sessions in each worker; -1: none
  std::string shared_cache;    ///< a name; empty: none
  base::Duration session_timeout{300000};
  size_t buffer_size = 16384;

  bool operator==(const TlsOptions&) const = default;
};

/// One key of tickets: name, cipher and MAC.
struct TicketKey {
  static constexpr size_t kName = 16;
  unsigned char name[kName];
  unsigned char cipher[32];
  unsigned char mac[32];
  uint8_t size;  ///< bytes used of cipher and of mac: 16 or 32
};

class TlsContext {
 public:
  /// Reads all files. Errors name the file and OpenSSL's reason.
  static base::Result<std::shared_ptr<const TlsContext>> make(const TlsOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  const TlsOptions& options() const { return options_; }
  SSL_CTX* raw() const { return context_; }
  /// Of ssl_session_ticket_key: the first encrypts, all decrypt. Empty: those that all workers share.
  const std::vector<TicketKey>& ticket_keys() const { return ticket_keys_; }

  /// Makes this the context of a connection whose ClientHello is being read.
  bool apply_to(SSL* ssl) const;
  /// Whether a client that was let in by `other` is let in here.
  bool trusts_like(const TlsContext& other) const { return trust_ == other.trust_; }
  /// Judges a client's certificate that another library was shown, as a handshake of our own does: X509_V_OK
  /// or OpenSSL's number of what is wrong with it. `chain`: all that the client sent.
  long verify_client(X509* certificate, stack_st_X509* chain) const;
  /// A digest: sessions may be resumed only where it is the same.
  const std::string& session_name() const { return sessions_; }

 private:
  TlsContext(const TlsOptions& options, SSL_CTX* context) : options_(options), context_(context) {}
  base::Result<void> load_keys();
  base::Result<void> set_parameters();
  base::Result<void> set_verification();
  base::Result<void> read_ticket_keys();
  base::Result<void> name_sessions();

  TlsOptions options_;
  SSL_CTX* context_;
  std::vector<TicketKey> ticket_keys_;
  std::string trust_;     // digest of all that decides which client certificates are good
  std::string sessions_;  // which sessions may be resumed: digest of trust and certificates
};

/// OpenSSL's queue of errors as text, the most telling one; the queue is empty afterwards.
std::string tls_error_text();

}  // namespace net
