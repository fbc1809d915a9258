// One connection to an origin, speaking HTTP/1.1: one request at a time, then the next. Owned by the upstream
// floor's pool or lease; never closes or frees itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"
#include "http/client.h"
#include "net/transport.h"
#include "proto/h1/parser.h"
#include "proto/h1/read_buffer.h"
#include "proto/h1/sender.h"

namespace h1 {

class OriginBody;

/// Hears that an idle connection is of no more use: the origin closed it, or sent what nobody asked for.
struct IdleHandler {
  virtual void on_idle_end() = 0;

 protected:
  ~IdleHandler() = default;
};

class ClientSession final : private net::TransportHandler, private event::Ready {
 public:
  /// `transport` is connected.
  ClientSession(event::Loop& loop, std::unique_ptr<net::Transport> transport);
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// Sends `request` (head, then its body as it comes and as the origin takes it) and reads up to the final
  /// response head into `answer.head`, whose text is copied into its arena. answer.fault says what went
  /// wrong; nothing is retried here. An answer that comes before the request body is through ends the
  /// sending: the connection is then not reusable. head.framing of an answer to HEAD is what its GET would
  /// have had. Whatever is passed outlives the body taken below, `scope`
  /// and `interim` only this task.
  event::Task<void> fetch(const http::OriginRequest& request, const http::OriginLimits& limits,
                          http::InterimHandler* interim, event::CancelScope* scope,
                          http::OriginAnswer& answer);

  /// The body of the answer just fetched; null when it has none (HEAD, 204, 304, Content-Length 0): then the
  /// connection is over with this answer already. `hold` keeps this session leased; it is let go as soon as
  /// the body has been read to its end (or failed, or is destroyed), which may be before the reader has
  /// consumed it all. After 101 the body is raw bytes until the origin closes, and the request's body goes on
  /// being sent raw.
  http::BodyPtr take_body(std::unique_ptr<http::Hold> hold);

  /// The last answer is over, both sides keep the connection, and nothing unasked-for has come.
  bool reusable() const;
  /// Requests sent on this connection so far, the current one included.
  uint64_t requests() const { return requests_; }
  /// Bytes of the current request and its answer, heads included.
  uint64_t bytes_sent() const { return bytes_sent_ + sender_.bytes_sent(); }
  uint64_t bytes_received() const { return bytes_received_; }

  /// While idle in a pool: `handler` hears its end. Null: not idle any more.
  void set_idle(IdleHandler* handler);
  /// One look at the socket (a system call): still open and quiet. For requests that must not be repeated.
  bool is_quiet();
  /// Closes now; `reset`: with RST.
  void close(bool reset);
  net::Transport& transport() { return *transport_; }

 private:
  friend class OriginBody;
  enum class State : uint8_t {
    idle,       // the next request may come
    sending,    // head or body go out; an answer may come before they are through
    expecting,  // the head is out, the body waits for 100 (RFC 9110 §10.1.1)
    waiting,    // all is out: the answer's head is awaited
    answered,   // the head is there; take_body() is next
    body,       // an OriginBody reads
    over,       // of no more use
  };
  static constexpr base::Duration kContinueWait{1000};

  void on_readable() override;
  void on_writable() override;
  void on_ready() override;  // the request's body may have more
  void on_time();

  bool begin(std::string_view& why);
  void send();
  void send_body();
  void sent();
  void stop_sending();
  void read_head();
  bool parse_heads();
  bool take_interim();
  void take_final();
  std::string_view judge_final();
  void copy_head();
  void expect_head();
  void fail(http::OriginFault fault, int code, std::string_view why);
  void end_fetch(http::OriginFault fault);
  bool has_body() const;
  void end_answer(bool clean);
  bool is_fetching() const;

  // For the body.
  net::IoResult read_body(char* into, size_t size);
  void wait_for_body();
  bool start_tunnel();
  void send_raw();

  event::Loop& loop_;
  std::unique_ptr<net::Transport> transport_;
  event::Timer timer_;
  event::Answer<http::OriginFault> ended_;  // the fetch
  Sender sender_;
  std::optional<Parser> parser_;
  ReadBuffer buffer_;
  // While a request is under way.
  const http::OriginRequest* request_ = nullptr;
  const http::OriginLimits* limits_ = nullptr;
  http::InterimHandler* interim_ = nullptr;
  http::OriginAnswer* answer_ = nullptr;
  http::Body* sending_ = nullptr;  // its reader is this
  OriginBody* body_ = nullptr;
  IdleHandler* idle_ = nullptr;
  base::Duration read_timeout_{0};  // of the body: the caller's limits may be gone
  uint64_t requests_ = 0;
  uint64_t bytes_sent_ = 0;  // by senders before the current one
  uint64_t bytes_received_ = 0;
  int send_error_ = 0;  // the request could not be sent, but an answer may lie in the socket
  uint8_t interims_ = 0;
  State state_ = State::idle;
  bool keep_alive_ = false;
  bool expects_ = false;  // the body is to wait for 100
  bool request_complete_ = false;
};

}  // namespace h1
