// A fresh connection of which it is not known yet what it speaks: lets the TLS handshake end, or looks at the
// first bytes, and says so. Takes nothing of what the client has sent. Owned by itself from then on until it
// has said so or the connection is gone; deletes itself from the ready queue.
#pragma once

#include <memory>

#include "event/loop.h"
#include "net/transport.h"
#include "proto/accepted.h"
#include "proto/session.h"

namespace proto {

enum class Protocol : uint8_t { h1, h2 };

/// Whoever made it: makes the session then.
struct ArrivalOwner : virtual SessionOwner {
  /// It speaks that. The transport's handshake is done; the arrival deletes itself when this returns.
  virtual void on_protocol(Protocol protocol, std::unique_ptr<net::Transport> transport,
                           const Accepted& accepted) = 0;

 protected:
  ~ArrivalOwner() = default;
};

class Arrival final : public Session, private net::TransportHandler, private event::Ready {
 public:
  /// A TLS handshake takes no longer.
  static constexpr base::Duration kHandshakeTimeout{10000};
  /// Of the preface (RFC 9113 §3.4) so much tells it from every request of HTTP/1: there is no method PRI.
  static constexpr int kTelling = 4;

  /// Begins at once. `loop` and `owner` outlive it. `first_bytes`: how long a client without TLS may be
  /// silent.
  Arrival(event::Loop& loop, ArrivalOwner& owner, std::unique_ptr<net::Transport> transport,
          const Accepted& accepted, base::Duration first_bytes);

  // Session
  void drain() override {}
  bool is_idle() const override { return true; }
  bool close_idle() override;
  void shut_down() override { close(); }

 private:
  enum class State : uint8_t { waiting, known, closed };

  void on_readable() override { look(); }
  void on_writable() override { look(); }
  void on_ready() override;
  static void on_timer(void* self) { static_cast<Arrival*>(self)->close(); }

  void look();
  void shake();
  void look_at_bytes();
  void know(Protocol protocol);
  void close();

  event::Loop& loop_;
  ArrivalOwner& owner_;
  std::unique_ptr<net::Transport> transport_;
  event::Timer timer_;
  Accepted accepted_;
  State state_ = State::waiting;
  Protocol protocol_ = Protocol::h1;
  bool waits_for_more_ = false;  // SO_RCVLOWAT is set
};

}  // namespace proto
