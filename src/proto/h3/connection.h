// One HTTP/3 connection (RFC 9114) on ngtcp2 and nghttp3: packets, loss, QPACK and flow control are the
// libraries'; streams, time, limits and order are ours. Callbacks only record; all that a turn of the loop
// brought is answered from the ready queue, in trains of packets. Deletes itself from there.
#pragma once

#include <nghttp3/nghttp3.h>

#include <memory>
#include <string>

#include "event/loop.h"
#include "http/stream.h"
#include "net/address.h"
#include "proto/h3/server.h"
#include "proto/h3/server_stream.h"
#include "proto/h3/tls_gnutls.h"
#include "proto/session.h"

namespace h3 {

class Connection final : public proto::Session, public Receiver, private Writer, private event::Ready {
 public:
  /// A handshake takes no longer.
  static constexpr base::Duration kHandshakeTimeout{10000};
  /// Bytes of request bodies that may lie in all streams together.
  static constexpr uint64_t kConnectionWindow = 1 << 20;
  static constexpr size_t kTrailers = 8192;

  /// The connection that a client's first packet begins. Null: the packet is dropped.
  static Connection* accept(Server& server, Endpoint& endpoint, const Datagram& datagram,
                            const ngtcp2_pkt_hd& head);

  void receive(Endpoint& endpoint, const Datagram& datagram) override;

  // proto::Session
  void drain() override { leave(); }
  bool is_idle() const override { return streams_.empty(); }
  bool close_idle() override;
  void shut_down() override;

 private:
  friend class ServerStream;
  friend struct Callbacks;

  enum class State : uint8_t {
    open,
    failed,  ///< error_ is to be told to the client
    silent,  ///< it ends without a word
    closed,  ///< waits until the handlers have released the streams, then for deletion
  };
  enum class Leaving : uint8_t { no, noticed, told };
  // What the TLS library finds the connection by; user_data is the TlsSession.
  struct Reference : ngtcp2_crypto_conn_ref {
    ngtcp2_conn* connection;
  };
  // Packets of one path and size on their way out.
  struct Train {
    ngtcp2_path_storage path;
    size_t begin = 0, end = 0, segment = 0;
    uint8_t ecn = 0;
    size_t size() const { return end - begin; }
  };

  Connection(Server& server, Endpoint& endpoint, const Datagram& datagram);
  ~Connection() override;
  bool begin(const Datagram& datagram, const ngtcp2_pkt_hd& head);
  bool open_http();

  void on_ready() override;
  void on_writable() override;
  static void on_expiry(void* self);
  static void on_deadline(void* self);
  void wake();
  void step();
  // Streams.
  void touch(ServerStream& stream);
  void hand_up();
  void settle();
  void settle(ServerStream& stream);
  void see_to_body(ServerStream& stream);
  void end_stream(ServerStream& stream, http::StreamEnd end);
  void finish(ServerStream& stream);
  void reset(ServerStream& stream, uint64_t code);
  void give_window(size_t bytes) { discarded_ += bytes; }
  // Writing.
  static nghttp3_ssize read_response(nghttp3_conn*, int64_t, nghttp3_vec* pieces, size_t count,
                                     uint32_t* flags, void* connection, void* stream);
  nghttp3_ssize read_body(ServerStream& stream, nghttp3_vec* pieces, size_t count, uint32_t* flags);
  void end_body(ServerStream& stream, uint32_t* flags);
  uint64_t allowance(ServerStream& stream);
  void flush();
  ngtcp2_ssize write_packet(ngtcp2_path& path, ngtcp2_pkt_info& info, uint8_t* to, size_t size,
                            ngtcp2_tstamp now);
  bool add_to_train(Train& train, const ngtcp2_path_storage& path, uint8_t ecn, size_t size);
  bool send_train(Train& train);
  bool send_held();
  // The end.
  void leave();
  void say_goaway();
  void fail(int code);
  void close_with(uint64_t application_code);
  void say_close();
  void close();
  // Time.
  void note_deadline(base::MonoTime when) {
    if (sweep_at_ == 0 || when < sweep_at_) sweep_at_ = when;
  }
  void sweep(base::MonoTime now);
  void arm();

  Server& server_;
  Endpoint* endpoint_;
  Reference reference_{};
  ngtcp2_conn* quic_ = nullptr;
  nghttp3_conn* http_ = nullptr;
  std::unique_ptr<TlsSession> tls_;
  ngtcp2_ccerr error_;
  event::Timer expiry_;
  event::Timer deadline_;
  http::Connection facts_;
  net::Address peer_;
  net::Address local_;
  base::List<ServerStream, ServerStream> streams_;
  base::List<ServerStream, Touched> touched_;  // something is to be done for them
  base::List<ServerStream, Touched> arrived_;  // their heads are complete
  std::string held_;                           // a train that the socket did not take
  Train held_train_;
  base::MonoTime born_;
  base::MonoTime idle_deadline_ = 0;  // 0: none
  base::MonoTime goaway_at_ = 0;
  base::MonoTime sweep_at_ = 0;  // a stream's time may be up
  base::Duration keepalive_timeout_{75000};
  size_t discarded_ = 0;  // bytes whose connection window is to be given back
  State state_ = State::open;
  Leaving leaving_ = Leaving::no;
  bool stepping_ = false;
  bool again_ = false;
};

}  // namespace h3
