// A stream behind which there is no client: it repeats a request as GET without a body and hands what is
// answered to its receiver, or discards it where nobody waits (a stored response that is being validated).
// Owned by itself once made, counted by its DetachedStreams.
#pragma once

#include "base/list.h"
#include "event/gate.h"
#include "event/loop.h"
#include "exchange/exchange.h"
#include "http/stream.h"
#include "net/address.h"

namespace proxy {

class DetachedStream;

/// Those of one worker: bounded, and under way for who drains.
class DetachedStreams {
 public:
  /// At one time in one process, of those without a receiver: one that has one belongs to a client's
  /// exchange.
  static constexpr size_t kMost = 128;

  DetachedStreams(event::Loop& loop, event::Gate& under_way, http::StreamHandler& handler)
      : loop_(loop), under_way_(under_way), handler_(handler) {}

  /// A stream with the request of `like`; null when there are too many or its target cannot be read again.
  DetachedStream* make(const exchange::Exchange& like, exchange::Receiver* receiver);
  /// Ends all of them.
  void shut_down();

 private:
  friend class DetachedStream;
  event::Loop& loop_;
  event::Gate& under_way_;
  http::StreamHandler& handler_;
  base::List<DetachedStream, DetachedStreams> streams_;
  size_t count_ = 0;
};

class DetachedStream final : public http::Stream,
                             public exchange::Detached,
                             private event::Ready,
                             public base::ListNode<DetachedStreams> {
 public:
  DetachedStream(DetachedStreams& owner, const exchange::Exchange& like, exchange::Receiver* receiver);
  ~DetachedStream();

  /// Copies the request; false when its target has no path.
  bool repeat(const http::Request& request);
  const net::Address& client() const { return client_; }

  http::Request& request() override { return request_; }
  base::Arena& arena() override { return arena_; }
  const http::Connection& connection() const override { return connection_; }
  http::Body* request_body() override { return nullptr; }
  void inform(const http::Response&) override {}
  void respond(const http::Response& head, http::BodyPtr body) override;
  void abort() override { end(http::StreamEnd::client_gone); }
  void close_after() override {}
  void release() override;
  void give_up() override;
  void end(http::StreamEnd how);

 private:
  friend class DetachedStreams;
  void on_ready() override;

  DetachedStreams& owner_;
  exchange::Receiver* receiver_;
  bool counted_;
  event::Gate::Pass pass_;
  net::Address peer_;
  net::Address local_;
  net::Address client_;  // as real_ip found it
  http::Connection connection_;
  base::Arena arena_;  // after what it is made of: the exchange in it goes first
  http::Request request_;
  http::StreamEnd how_ = http::StreamEnd::complete;
  bool ended_ = false;
  bool released_ = false;
};

}  // namespace proxy
