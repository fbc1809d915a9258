// The seam between wire protocols and bytes: a stream that never blocks. Owned by a session. TCP (tcp.h) and
// TLS (tls.h) stand behind it. It never resumes a coroutine and never closes itself.
#pragma once

#include <ev.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "net/address.h"

namespace net {

/// What became of a read or a write.
struct IoResult {
  enum class Kind : unsigned char {
    ready,   ///< `size` bytes were moved (never 0, except by a write of nothing)
    wait,    ///< nothing now: watch() and try again when told
    end,     ///< the peer has ended its side (reads only)
    failed,  ///< `code` says why; the stream is of no more use
  };
  Kind kind = Kind::wait;
  int code = 0;     ///< errno
  size_t size = 0;  ///< bytes

  static IoResult ready(size_t size) { return {Kind::ready, 0, size}; }
  static IoResult wait() { return {Kind::wait, 0, 0}; }
  static IoResult end() { return {Kind::end, 0, 0}; }
  static IoResult failed(int code) { return {Kind::failed, code, 0}; }

  bool is_ready() const { return kind == Kind::ready; }
  bool is_wait() const { return kind == Kind::wait; }
  bool is_end() const { return kind == Kind::end; }
  bool is_failed() const { return kind == Kind::failed; }
};

/// Hears that it is worth trying again. Either call may close or destroy the transport.
struct TransportHandler {
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;

 protected:
  ~TransportHandler() = default;
};

class Transport {
 public:
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  void set_handler(TransportHandler* handler) { handler_ = handler; }

  /// Goes on with what must happen before bytes flow (a TLS handshake): ready when there is nothing left to
  /// do. While it says wait, the transport itself watches what it needs and calls the handler.
  virtual IoResult handshake() { return IoResult::ready(0); }

  /// At most `size` bytes, one system call. `size` is not 0.
  virtual IoResult read(char* into, size_t size) = 0;
  /// The pieces in order, as many bytes as fit now, one system call (TLS: one a record); at most IOV_MAX
  /// pieces. After wait, and after fewer bytes than were offered, the next call begins with the same bytes;
  /// more may stand behind them, never fewer: TLS has encrypted them already.
  virtual IoResult write(const iovec* pieces, int count) = 0;
  /// `size` bytes of a file from `offset`, without copying where that is possible. Only of a file whose bytes
  /// are never rewritten while they are sent. Ready with 0 bytes: the file is shorter than that. Not every
  /// transport can: failed(ENOTSUP).
  virtual IoResult send_file(int file, uint64_t offset, size_t size) = 0;
  bool can_send_file() const { return can_send_file_; }
  /// Whether bytes have come, without taking them: ready, wait (the stream is quiet and sound), end or
  /// failed.
  virtual IoResult peek() = 0;
  /// Bytes lie inside that no event will announce: read before waiting.
  virtual bool has_buffered() const { return false; }

  /// Exactly what the handler wants to hear of: EV_READ | EV_WRITE, or 0.
  virtual void watch(int events) = 0;
  virtual int watched() const = 0;

  /// No more will be written; reading goes on.
  virtual void shutdown_write() = 0;
  /// What was written is not whole: close() must not make it look so (TLS: no close_notify).
  virtual void break_off() {}
  /// Closes the descriptor; with `reset` the peer gets RST and nothing unsent is kept. Twice is once.
  virtual void close(bool reset) = 0;

  /// -1 when closed.
  virtual int fd() const = 0;
  virtual const Address& peer() const = 0;
  /// Asks the system each time.
  virtual Address local() const = 0;

 protected:
  explicit Transport(bool can_send_file) : can_send_file_(can_send_file) {}
  TransportHandler* handler_ = nullptr;

 private:
  bool can_send_file_;
};

}  // namespace net
