// One connection to an origin, speaking HTTP/1.1: one request at a time, then the next. Owned by the upstream floor's
// pool or lease; never closes or frees itself.
#pragma once

#include <cstdint>
#include <memory>

#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"
#include "http/client.h"
#include "net/transport.h"

namespace h1 {

/// Hears interim responses (1xx, RFC 9110 §15.2) other than 100 and 101 while the final one is awaited.
struct InterimHandler {
  virtual void on_interim(const http::Response& head) = 0;

 protected:
  ~InterimHandler() = default;
};

/// Hears that an idle connection is of no more use: the origin closed it, or sent what nobody asked for.
struct IdleHandler {
  virtual void on_idle_end() = 0;

 protected:
  ~IdleHandler() = default;
};

class ClientSession final : private net::TransportHandler {
 public:
  /// `transport` is connected.
  ClientSession(event::Loop& loop, std::unique_ptr<net::Transport> transport);
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// Sends `request` (head, then its body as it comes and as the origin takes it) and reads up to the final response
  /// head into `answer.head`, whose text is copied into its arena. answer.fault says what went wrong; nothing is
  /// retried here. An answer that comes before the request body is through ends the sending: the connection is then
  /// not reusable. Whatever is passed outlives the body taken below, `scope` and `interim` only this task.
  event::Task<void> fetch(const http::OriginRequest& request, const http::OriginLimits& limits,
                          InterimHandler* interim, event::CancelScope* scope, http::OriginAnswer& answer);

  /// The body of the answer just fetched; null when it has none (HEAD, 204, 304, Content-Length 0): then the
  /// connection is over with this answer already. `hold` keeps this session leased; it is let go as soon as the body
  /// has been read to its end (or failed, or is destroyed), which may be before the reader has consumed it all. After
  /// 101 the body is raw bytes until the origin closes, and the request's body goes on being sent raw.
  http::BodyPtr take_body(std::unique_ptr<http::Hold> hold);

  /// The last answer is over, both sides keep the connection, and nothing unasked-for has come.
  bool reusable() const;
  /// Requests sent on this connection so far, the current one included.
  uint64_t requests() const { return requests_; }
  /// Bytes of the current request and its answer, heads included.
  uint64_t bytes_sent() const { return bytes_sent_; }
  uint64_t bytes_received() const { return bytes_received_; }

  /// While idle in a pool: `handler` hears its end. Null: not idle any more.
  void set_idle(IdleHandler* handler);
  /// One look at the socket (a system call): still open and quiet. For requests that must not be repeated.
  bool is_quiet();
  /// Closes now; `reset`: with RST.
  void close(bool reset);
  net::Transport& transport() { return *transport_; }

 private:
  void on_readable() override;
  void on_writable() override;

  event::Loop& loop_;
  std::unique_ptr<net::Transport> transport_;
  uint64_t requests_ = 0;
  uint64_t bytes_sent_ = 0;
  uint64_t bytes_received_ = 0;
};

}  // namespace h1
