// One connection to an origin, speaking HTTP/2 with prior knowledge (RFC 9113): many requests at once, each a
// ClientStream. On nghttp2: frames, HPACK and flow control are the library's; time and limits are ours. Its
// callbacks only record; all that is to be sent in a turn of the loop leaves together, from the ready queue.
// Owned by the upstream floor; never closes or frees itself.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/list.h"
#include "event/loop.h"
#include "http/client.h"
#include "net/transport.h"
#include "proto/h2/patience.h"

namespace h2 {

class ClientStream;

/// Hears of the connection as a whole, from inside the session: it frees nothing in here.
struct ClientSessionHandler {
  /// The origin's SETTINGS have come: requests may begin.
  virtual void on_open() = 0;
  /// No request can begin any more: the origin said GOAWAY, or the connection is over. Once.
  virtual void on_end() = 0;

 protected:
  ~ClientSessionHandler() = default;
};

class ClientSession final : private net::TransportHandler, private event::Ready {
 public:
  /// Requests under way on one connection, whatever the origin allows.
  static constexpr uint32_t kMaxStreams = 128;
  /// What may come of an answer that nobody reads yet. The connection's own window is always given back: a
  /// slow reader holds up nobody else.
  static constexpr int32_t kStreamWindow = 256 << 10;

  /// `transport` is connected (and its TLS handshake done). Says our SETTINGS later in this turn.
  ClientSession(event::Loop& loop, std::unique_ptr<net::Transport> transport, ClientSessionHandler& handler);
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// A further request may begin, as far as the origin's limit lets it.
  bool accepts() const { return open_ && !ended_ && ids_left_ > 0; }
  /// How many may be under way at once.
  uint32_t stream_limit() const;
  /// Why the connection is over; `none` after GOAWAY.
  http::OriginFault fault() const { return fault_; }
  int error() const { return error_; }
  std::string_view why() const { return why_; }

  /// Takes in what lies in the socket: afterwards accepts() is the truth of this moment.
  void look();
  /// Says goodbye where that needs no waiting, and closes. No stream is under way.
  void close();
  net::Transport& transport() { return *transport_; }

 private:
  friend class ClientStream;
  friend struct ClientCallbacks;
  static constexpr size_t kReadSize = 16384;
  static constexpr int kMaxReads = 16;           // in one turn: others are served too
  static constexpr size_t kMaxUseless = 131072;  // bytes in a row that bring no answer any further
  static constexpr size_t kMaxOutput = 65536;  // waits for the socket; then the library holds on to the rest

  void on_readable() override;
  void on_writable() override;
  void on_ready() override;

  void greet();
  void wake() { loop_.post(*this); }
  void read();
  void feed(const char* bytes, size_t size);
  void flush();
  bool fill();
  bool is_output_full() const { return output_.size() - written_ >= kMaxOutput; }
  bool write();
  void opened();
  void end_requests();
  void over(http::OriginFault fault, int error, std::string_view why);
  bool bear(Patience::Strain strain, uint32_t amount = 1);

  event::Loop& loop_;
  std::unique_ptr<net::Transport> transport_;
  ClientSessionHandler& handler_;
  nghttp2_session* session_ = nullptr;
  base::List<ClientStream, ClientStream> streams_;
  std::string output_;
  size_t written_ = 0;  // of output_
  size_t useless_ = 0;  // since something came of what was read or sent
  Patience patience_;
  std::string_view why_;  // static
  int error_ = 0;
  uint32_t ids_left_ = INT32_MAX >> 1;  // RFC 9113 §5.1.1: they are never used again
  http::OriginFault fault_ = http::OriginFault::none;
  bool open_ = false;
  bool ended_ = false;      // no more requests
  bool over_ = false;       // nothing goes either way
  bool broken_ = false;     // the library has told the origin what it did wrong
  bool read_more_ = false;  // as much was read as was due in this turn
};

}  // namespace h2
