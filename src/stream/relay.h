// Two streams joined: what comes from one goes out to the other, until both directions have ended, one of the
// streams fails, or nothing has moved for too long. Holds at most one buffer of bytes each way, and reads no
// more before these have gone out. Owned by the coroutine of its session; closes nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/units.h"
#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"
#include "net/transport.h"
#include "stream/buffers.h"

namespace stream {

struct RelayOptions {
  base::Duration timeout{120000};
  uint32_t buffer_size = 16384;
  bool half_close = false;   ///< one direction may go on when the other has ended
  uint64_t upload_rate = 0;  ///< bytes a second from the client; 0: no limit
  uint64_t download_rate = 0;
};

class Relay final {
 public:
  enum class End : uint8_t { complete, client_failed, origin_failed, timed_out, canceled };

  /// All of these outlive it. `first` goes to the origin before what the client says; at most buffer_size.
  Relay(event::Loop& loop, Buffers& buffers, net::Transport& client, net::Transport& origin,
        const RelayOptions& options);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void start(std::string_view first);
  event::Answer<End>& ended() { return ended_; }
  /// errno of client_failed and origin_failed.
  int error() const { return error_; }

  uint64_t from_client() const { return to_origin_.received; }
  uint64_t to_client() const { return to_client_.sent; }
  uint64_t from_origin() const { return to_client_.received; }
  uint64_t to_origin() const { return to_origin_.sent; }
  /// Of the origin's first byte, by the loop's clock; 0: there was none.
  base::MonoTime first_byte() const { return first_byte_; }

 private:
  /// Reads and writes in one direction before the others of the process get their turn.
  static constexpr int kRoundsInATurn = 8;

  struct Flow {
    Flow(Relay& relay, net::Transport& source, net::Transport& sink, uint64_t bytes_a_second);
    Relay& owner;
    net::Transport& from;
    net::Transport& to;
    const uint64_t rate;
    event::Timer pause;      // runs while `rate` lets nothing through
    Buffers::Memory buffer;  // only while there are bytes in it
    size_t begin = 0;
    size_t end = 0;
    uint64_t received = 0;
    uint64_t sent = 0;
    bool source_ended = false;
    bool has_ended = false;  // all of it went out
    bool is_empty() const { return begin == end; }
  };
  struct Side final : net::TransportHandler {
    Side(Relay& its_relay, Flow& out_of_it, Flow& into_it)
        : relay(its_relay), outgoing(out_of_it), incoming(into_it) {}
    void on_readable() override { relay.run(outgoing); }
    void on_writable() override { relay.run(incoming); }
    Relay& relay;
    Flow& outgoing;
    Flow& incoming;
  };

  void run(Flow& flow);
  size_t allowed(Flow& flow);
  bool fill(Flow& flow);
  bool drain(Flow& flow);
  void let_go(Flow& flow);
  void end_flow(Flow& flow);
  void watch();
  void fail(const net::Transport& at, int code);
  void finish(End end);
  static void on_timeout(void* owner);

  Buffers& buffers_;
  const RelayOptions options_;
  event::Loop& loop_;
  Flow to_origin_;
  Flow to_client_;
  Side client_;
  Side origin_;
  event::Timer timer_;
  event::Answer<End> ended_;
  base::MonoTime began_;
  base::MonoTime first_byte_ = 0;
  int error_ = 0;
};

}  // namespace stream
