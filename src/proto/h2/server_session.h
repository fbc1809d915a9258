// The server side of an HTTP/2 connection (RFC 9113), on nghttp2: frames, HPACK and flow control are the
// library's; streams, time, limits and order are ours. Its callbacks only record. All that is to be sent in a
// turn of the loop leaves together, from the ready queue. An idle session holds no buffer and no stream.
// Deletes itself from the ready queue.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <string>

#include "event/loop.h"
#include "http/stream.h"
#include "net/transport.h"
#include "proto/accepted.h"
#include "proto/h2/patience.h"
#include "proto/h2/server_pools.h"
#include "proto/h2/server_stream.h"
#include "proto/session.h"

namespace h2 {

/// What a server says at the start of a connection.
struct ServerOptions {
  uint32_t max_streams = 128;      ///< http2_max_concurrent_streams
  uint32_t stream_window = 65536;  ///< http2_body_preread_size: what may come of a body that nobody reads yet
};

class ServerSession final : public proto::Session, private net::TransportHandler, private event::Ready {
 public:
  /// Bytes of request bodies that may lie in all streams of a connection together.
  static constexpr int32_t kConnectionWindow = 1 << 20;
  /// What may come of a body that is being read, ahead of its reader.
  static constexpr int32_t kBodyWindow = 256 << 10;
  /// After the first GOAWAY the client has so long to answer the PING behind it (RFC 9113 §6.8).
  static constexpr base::Duration kFarewell{2000};
  /// Streams that are closed on the wire but not yet let go of by their handlers, in units of max_streams:
  /// more new ones are refused.
  static constexpr uint32_t kUnfinished = 2;

  /// Begins at once. All of them outlive it; the transport's handshake is done.
  ServerSession(event::Loop& loop, ServerPools& pools, http::StreamHandler& handler,
                proto::SessionOwner& owner, std::unique_ptr<net::Transport> transport,
                const proto::Accepted& accepted, const ServerOptions& options);

  // proto::Session
  void drain() override;
  bool is_idle() const override { return streams_.empty(); }
  bool close_idle() override;
  void shut_down() override;

  const http::Connection& connection() const { return connection_; }

 private:
  friend class ServerStream;
  friend struct ServerCallbacks;

  enum class State : uint8_t {
    open,
    linger,  ///< we have said all; what still comes is read so that the client can read in peace
    closed,  ///< waits until the handlers have released the streams, then for deletion
  };
  enum class Leaving : uint8_t {
    no,
    noticed,  ///< the first GOAWAY is out: no new streams, please
    told,     ///< the last one is: which streams were served
  };

  ~ServerSession() override;
  void on_readable() override;
  void on_writable() override;
  void on_ready() override;
  static void on_timer(void* self);
  void on_deadline();

  void greet(const ServerOptions& options);
  void wake();
  void step();
  // Reading.
  bool feed(const char* bytes, size_t size);
  void count_untold(size_t size, int32_t window);
  uint32_t judge(const nghttp2_frame_hd& head);
  bool is_passed_over(int32_t id);
  void hand_up(ServerStream& stream);
  void watch_head();
  bool refuses_streams() const { return live_ >= kUnfinished * max_streams_; }
  // Streams.
  ServerStream* open_stream(int32_t id);
  void touch(ServerStream& stream);
  void settle();
  void settle(ServerStream& stream);
  void see_to_body(ServerStream& stream);
  void await_body(ServerStream& stream);
  void end_stream(ServerStream& stream, http::StreamEnd end);
  void finish(ServerStream& stream);
  void open_tunnel(ServerStream& stream);
  void reset(ServerStream& stream, uint32_t code);
  void became_idle();
  // Writing.
  ssize_t read_body(ServerStream& stream, size_t length, uint32_t* flags);
  void end_body(ServerStream& stream, uint32_t* flags);
  uint64_t allowance(ServerStream& stream);
  void resume(ServerStream& stream);
  void flush();
  bool flush_held();
  void release_held_up();
  bool write(const char* bytes, size_t size);
  base::Duration send_timeout();
  void watch();
  // The end.
  void leave();
  void say_goaway();
  void give_up(std::string_view what);
  void tell(std::string_view what);
  void send_last_goaway(uint32_t code);
  void lost();
  void begin_linger();
  void close(bool reset);
  bool is_over() const;
  // Time.
  void note_deadline(base::MonoTime when) {
    if (sweep_at_ == 0 || when < sweep_at_) sweep_at_ = when;
  }
  void sweep(base::MonoTime now);
  void arm();

  event::Loop& loop_;
  ServerPools& pools_;
  http::StreamHandler& handler_;
  proto::SessionOwner& owner_;
  std::unique_ptr<net::Transport> transport_;
  event::Timer timer_;
  nghttp2_session* session_ = nullptr;
  base::List<ServerStream, ServerStream> streams_;
  base::List<ServerStream, Touched> touched_;    // something is to be done for them
  base::List<ServerStream, Touched> unflushed_;  // all sent, but not to the kernel yet
  std::string held_;                             // what the socket did not take
  size_t held_from_ = 0;
  http::Connection connection_;
  Patience patience_;
  base::MonoTime born_;
  base::MonoTime read_deadline_ = 0;  // 0: none
  base::MonoTime write_deadline_ = 0;
  base::MonoTime leave_deadline_ = 0;
  base::MonoTime progress_ = 0;  // something of a response was sent last
  base::MonoTime sweep_at_ = 0;  // a stream's time may be up
  // Of the last stream's policy.
  base::Duration keepalive_timeout_{75000};
  base::Duration send_timeout_{60000};
  base::Duration lingering_timeout_{5000};
  uint64_t sent_since_credit_ = 0;
  size_t told_ = 0;       // bytes of the input: heads of frames, payload of those that are not DATA
  int64_t untold_ = -24;  // what came beyond them and DATA, but for the preface
  size_t discarded_ = 0;  // bytes of bodies that nobody has any more: their window is to be given back
  uint32_t live_ = 0;
  uint32_t max_streams_;
  uint32_t fault_ = 0;                         // what the client did wrong that the library lets pass
  int32_t newest_ = -1;                        // stream of the client's
  int32_t skipped_from_ = 0, skipped_to_ = 0;  // numbers that it passed over last
  State state_ = State::open;
  Leaving leaving_ = Leaving::no;
  bool stepping_ = false;
  bool again_ = false;
  bool blocked_ = false;       // the socket is full, or others should have their turn: until it is writable
  bool full_ = false;          // the output of this turn
  bool reading_head_ = false;  // a head has begun and not ended
  bool farewell_heard_ = false;
};

}  // namespace h2
