// The server side of an HTTP/1 connection (RFC 9112): reads requests one after the other, hands each up as an
// http::Stream, sends the answer, and goes on or closes. An idle one holds neither stream nor buffer.
// Everything moves in its own callbacks: what the layer above calls only notes what is wanted. Deletes itself
// from the ready queue.
#pragma once

#include <memory>

#include "event/loop.h"
#include "http/stream.h"
#include "net/transport.h"
#include "proto/accepted.h"
#include "proto/h1/server_stream.h"
#include "proto/session.h"

namespace h1 {

class ServerSession final : public proto::Session,
                            private net::TransportHandler,
                            private BodySource,
                            private event::Ready {
 public:
  /// So many reads in a row that bring less than kDrip bytes each, and the client is cut off.
  static constexpr uint16_t kMaxDrips = 500;
  static constexpr size_t kDrip = 64;
  /// A TLS handshake takes no longer.
  static constexpr base::Duration kHandshakeTimeout{10000};
  /// Most bytes of a request body that nobody wanted which are read so that the connection can go on.
  static constexpr uint64_t kMaxDiscard = 1 << 20;

  /// Begins at once. `handler`, `owner`, `pools` and `loop` outlive it.
  ServerSession(event::Loop& loop, ServerPools& pools, http::StreamHandler& handler,
                proto::SessionOwner& owner, std::unique_ptr<net::Transport> transport,
                const proto::Accepted& accepted);

  // proto::Session
  void drain() override;
  bool is_idle() const override { return state_ == State::idle; }
  bool close_idle() override;
  void shut_down() override;

  const http::Connection& connection() const { return connection_; }

 private:
  friend class ServerStream;

  enum class State : uint8_t {
    handshake,
    idle,      ///< between requests: no stream, no buffer
    head,      ///< a request head is being read
    exchange,  ///< the stream is with the handler
    discard,   ///< the answer is out; the rest of the request's body is read for nothing
    linger,    ///< we have closed our side; the client may read our answer in peace
    closed,    ///< waits for the handler to release the stream, then for deletion
  };

  ~ServerSession() override;
  void on_readable() override;
  void on_writable() override;
  void on_ready() override;
  net::IoResult read_body() override;
  uint64_t max_body_size() const override { return stream_->policy_.max_body_size; }
  void on_body_end() override;
  void on_body_failed(int status) override;
  BodySource& source() { return *this; }
  static void on_timer(void* self);
  void on_deadline();

  void settle();
  bool step();
  void begin_handshake();
  // Reading heads.
  void read_head();
  void parse_head();
  void make_head_room();
  void start_exchange();
  void refuse(int status, std::string_view why);
  void hand_up();
  void acquire();
  // While the handler has the stream.
  void wake();
  void open_tunnel();
  void set_pushing(http::Body* body);
  void exchange_readable();
  bool is_drip(size_t size);
  void note_body_read(size_t size);
  void await_body();
  bool pump();
  void end_stream(http::StreamEnd end, bool reset);
  void client_gone() { end_stream(http::StreamEnd::client_gone, false); }
  // After it.
  bool finish_exchange();
  bool wants_linger() const;
  bool discard();
  bool next_request();
  void release_stream();
  void begin_linger();
  void linger();
  bool may_keep_alive(const ServerStream& stream) const;
  void close(bool reset);

  void read_by(base::Duration after) { read_deadline_ = loop_.now() + after.count(); }
  void arm();
  void watch(int events);

  event::Loop& loop_;
  ServerPools& pools_;
  http::StreamHandler& handler_;
  proto::SessionOwner& owner_;
  std::unique_ptr<net::Transport> transport_;
  event::Timer timer_;
  ServerStream* stream_ = nullptr;
  Input input_;
  Input head_;  // the head's buffer, when a body outgrew it
  http::Connection connection_;
  base::MonoTime read_deadline_ = 0;  // 0: none
  base::MonoTime write_deadline_ = 0;
  base::MonoTime linger_until_ = 0;
  base::MonoTime born_;
  // Of the last stream's policy: what the connection does without a stream.
  base::Duration keepalive_timeout_{0};
  base::Duration lingering_time_{0};
  base::Duration lingering_timeout_{0};
  base::MonoTime wait_began_ = 0;  // the request's body waits since; 0: it does not
  int64_t body_waited_ = 0;        // milliseconds before that
  uint64_t body_received_ = 0;
  uint16_t drips_ = 0;
  State state_ = State::handshake;
  bool settling_ = false;
  bool told_reading_ = false;  // what the owner knows
  bool again_ = false;         // something was wanted while settling
  bool gone_ = false;          // the client left in the middle of its body
  bool draining_ = false;
  bool corked_ = false;          // tcp_nopush holds until the answer is out
  bool delayed_ = false;         // tcp_nodelay is off
  bool reading_wanted_ = false;  // the request's body waits for bytes
  bool throttled_ = false;
};

}  // namespace h1
