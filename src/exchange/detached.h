// An exchange without a client, made on behalf of another one: what came out of it is handed to a Receiver.
// Either may go first: a receiver that goes ends what nobody else wants, and an exchange that is ended says
// so.
#pragma once

#include <functional>
#include <utility>

#include "http/body.h"
#include "http/message.h"

namespace exchange {

class Exchange;
class Receiver;

/// The exchange, as its receiver knows it. Owned by itself.
class Detached {
 public:
  /// Nobody receives any more: it is ended where it still waits for an answer.
  virtual void give_up() = 0;

 protected:
  ~Detached() = default;
};

/// Gets what a detached exchange is answered, once. Owned by whoever asked.
class Receiver {
 public:
  Receiver() = default;
  virtual ~Receiver() {
    if (detached_ != nullptr) detached_->give_up();
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  bool is_receiving() const { return detached_ != nullptr; }

  // For who runs the exchange.
  void attach(Detached& detached) { detached_ = &detached; }
  void deliver(const http::Response* head, http::BodyPtr body) {
    detached_ = nullptr;
    receive(head, std::move(body));
  }

 private:
  /// `head` is gone afterwards, `body` (null: none) may be kept: it outlives the exchange. Null head: the
  /// exchange was ended without an answer. Called deep in the exchange: what follows is posted, not done.
  virtual void receive(const http::Response* head, http::BodyPtr body) = 0;

  Detached* detached_ = nullptr;
};

/// Called with the new exchange and the one it repeats, before its first hook.
using PrepareDetached = std::function<void(Exchange& detached, const Exchange& like)>;

}  // namespace exchange
