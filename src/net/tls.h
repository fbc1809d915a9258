// A transport over TLS (OpenSSL), the server's side or the client's. Owns the TCP transport below and is its
// handler. To its own handler it is as level-triggered as a socket: bytes that OpenSSL holds already are
// announced from the ready queue, so nobody has to ask has_buffered() before waiting.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/log.h"
#include "event/loop.h"
#include "net/tcp.h"
#include "net/tls_client.h"
#include "net/tls_context.h"
#include "net/tls_facts.h"
#include "net/tls_memory.h"

namespace net {

/// Which context a connection gets: the servers behind one address.
class TlsNames {
 public:
  /// `name`: lower case, as the ClientHello says it; empty: it names none. Never null.
  virtual const TlsContext* tls_context(std::string_view name) const = 0;
  /// Whether the server with that name speaks HTTP/2.
  virtual bool speaks_h2(std::string_view name) const {
    (void)name;
    return false;
  }

 protected:
  ~TlsNames() = default;
};

/// What all TLS connections of one process share. Outlives them.
struct TlsCommon {
  event::Loop& loop;
  base::Log& log;
  std::unique_ptr<TlsTicketKeys> tickets = {};  ///< there before the first connection
  std::unordered_map<std::string, std::unique_ptr<TlsSessionCache>> caches = {};  ///< by name
  std::unique_ptr<char[]> record = {};  ///< where the pieces of a record are joined
};

class TlsTransport final : public Transport, private TransportHandler, private event::Ready {
 public:
  /// Most bytes in one record (RFC 8446 §5.1).
  static constexpr size_t kRecord = 16384;
  /// Records written in one call of write().
  static constexpr int kRecordsAtOnce = 16;

  /// The server's side. `names` and `common` outlive it. `socket` is connected and non-blocking.
  TlsTransport(TlsCommon& common, const TlsNames& names, Fd socket, const Address& peer);
  /// The client's side. `common` and the target's context outlive it.
  TlsTransport(TlsCommon& common, const TlsTarget& target, Fd socket, const Address& peer);
  ~TlsTransport() override;

  /// A client that speaks HTTP without TLS is let in: facts().is_plain() tells, and the bytes flow as they
  /// are.
  IoResult handshake() override;
  /// An end without close_notify is a failure (ECONNRESET): what was read before must not look complete.
  IoResult read(char* into, size_t size) override;
  IoResult write(const iovec* pieces, int count) override;
  IoResult send_file(int, uint64_t, size_t) override { return IoResult::failed(ENOTSUP); }
  IoResult peek() override;
  bool has_buffered() const override;
  void watch(int events) override;
  int watched() const override { return wanted_; }
  /// Says close_notify, then ends the sending side.
  void shutdown_write() override;
  void break_off() override { closing_ = true; }
  /// Says close_notify if that goes out at once.
  void close(bool reset) override;
  int fd() const override { return tcp_.fd(); }
  const Address& peer() const override { return tcp_.peer(); }
  Address local() const override { return tcp_.local(); }

  const TlsFacts& facts() const { return facts_; }
  /// Of a client whose handshake() failed: why, in nginx's words.
  const std::string& failure() const { return client_->failure; }

 private:
  friend struct TlsCallbacks;
  enum class State : uint8_t { waiting, handshake, open, plain, broken };

  /// What only the client's side has.
  struct Client {
    const TlsClientContext& context;
    std::string name;
    std::shared_ptr<TlsClientSessions> sessions;
    std::string failure;
  };

  TlsTransport(TlsCommon& common, SSL* ssl, Fd socket, const Address& peer);
  void on_readable() override;
  void on_writable() override;
  void on_ready() override;
  static bool hear(TlsTransport* self, int events);
  void update();
  IoResult begin();
  IoResult failed_handshake(int result);
  void log_failed_handshake(bool by_system, int code);
  void explain_failed_handshake(bool by_system, int code);
  void expect_name();
  IoResult outcome(int result, bool reading);
  size_t gather(const iovec* pieces, int count, size_t skip, const char*& from);
  void say_close();

  TlsCommon& common_;
  const TlsNames* names_ = nullptr;  // the server's side
  std::unique_ptr<Client> client_;   // the client's side
  TcpTransport tcp_;
  SSL* ssl_;
  SslFacts facts_;
  size_t most_ = kRecord;  // bytes in one record
  size_t pending_ = 0;     // bytes of the record that OpenSSL holds encrypted: they are offered again
  int wanted_ = 0;
  State state_ = State::waiting;
  bool read_blocked_ = false;      // the last read found no whole record, and nothing has come since
  bool read_needs_write_ = false;  // it waits until the socket can be written
  bool write_needs_read_ = false;
  bool closing_ = false;  // close_notify was sent, or never will be
  bool* gone_ = nullptr;  // set while the handler is called
};

/// Tickets, sessions, SNI and ALPN of the connections of `context` are answered by their transports.
void set_tls_callbacks(SSL_CTX* context);
/// Sessions that origins give are kept by the transports of `context`.
void set_tls_client_callbacks(SSL_CTX* context);

}  // namespace net
