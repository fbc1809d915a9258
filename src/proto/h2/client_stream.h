// One request on a ClientSession and its answer. Both bodies flow at the same time: what is left of the
// request goes on being sent while the answer is read (RFC 9113 §8.1). Owned by a lease; destroyed early, it
// resets its stream.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "event/cancel.h"
#include "event/task.h"
#include "proto/h2/client_session.h"
#include "proto/h2/origin_body.h"

namespace h2 {

class ClientStream final : public base::ListNode<ClientStream>, private event::Ready {
 public:
  explicit ClientStream(ClientSession& session);
  ~ClientStream();

  /// Sends `request` and reads up to the final response head into `answer.head`, whose text is copied into
  /// its arena. answer.fault says what went wrong; nothing is retried here. head.framing of an answer to HEAD
  /// is what its GET would have had. Whatever is passed lives until the answer's body has ended or
  /// stop_sending(); `scope` and `interim` only as long as this task. Once.
  event::Task<void> fetch(const http::OriginRequest& request, const http::OriginLimits& limits,
                          http::InterimHandler* interim, event::CancelScope* scope,
                          http::OriginAnswer& answer);

  /// The body of the answer just fetched; null when it has none. `hold` keeps this stream leased; it is let
  /// go as soon as the body has come to its end (or failed, or is destroyed), which may be before the reader
  /// has consumed it all.
  http::BodyPtr take_body(std::unique_ptr<http::Hold> hold);

  /// The request's body is going away: a request that is not through is reset.
  void stop_sending();
  /// The request's body was read from, so it cannot begin anew unless it is kept.
  bool has_begun_body() const { return body_sent_ > 0; }

  /// Of this request and its answer: field blocks as they are on the wire, and payload.
  uint64_t bytes_sent() const { return bytes_sent_; }
  uint64_t bytes_received() const { return bytes_received_; }

 private:
  friend class ClientSession;
  friend struct ClientCallbacks;
  friend class OriginBody;
  static constexpr int kMaxPieces = 16;
  static constexpr size_t kFieldOverhead = 4;  // ": " and CRLF: a head is as large as in HTTP/1

  // What the library tells.
  void begin_head();
  bool add_field(std::string_view name, std::string_view value);
  void end_head(bool is_end);
  void receive(const uint8_t* bytes, size_t size);
  void end_answer();
  void on_refused_by_us(std::string_view why) { invalid_ = why; }
  void on_reset() { was_reset_ = true; }
  void on_close(uint32_t code);
  void on_head_sent(size_t size);
  void on_over(http::OriginFault fault, int error, std::string_view why);
  ssize_t offer(size_t length, uint32_t* flags);
  void take(size_t length, std::string& output);

  void on_ready() override;  // interim answers; the request's body may have more
  bool begin(const http::OriginRequest& request, std::string_view& why);
  void judge_final(bool is_end);
  void request_through();
  void let_go_of_request();
  void fail(http::OriginFault fault, int error, std::string_view why);
  void finish_fetch(http::OriginFault fault);
  void reset(uint32_t code);
  ssize_t finish_body(uint32_t* flags);
  void wait_for_data();
  void consumed(size_t bytes);
  static void on_send_time(void* self);
  static void on_read_time(void* self);

  ClientSession* session_;  // null: the connection is over
  event::Loop& loop_;
  event::Answer<http::OriginFault> answered_;  // the fetch
  event::Timer send_timer_;
  event::Timer read_timer_;
  int32_t id_ = 0;  // 0: none, or closed
  // Until the final head is there.
  http::InterimHandler* interim_ = nullptr;
  http::OriginAnswer* answer_ = nullptr;
  http::Response* head_ = nullptr;  // being read: an interim one, or answer_->head
  std::vector<http::Response*> interims_;
  size_t head_left_ = 0;
  uint32_t fields_left_ = 0;
  uint32_t head_size_ = 0;
  uint32_t max_fields_ = 0;
  int interim_count_ = 0;
  std::string_view invalid_;  // why the answer is malformed
  // The request's body.
  http::Body* sending_ = nullptr;
  std::optional<uint64_t> to_send_;  // known length: what is left of it
  iovec pieces_[kMaxPieces];
  uint64_t body_sent_ = 0;
  base::Duration send_timeout_{0};
  base::Duration read_timeout_{0};
  // The answer's body.
  OriginBody* body_ = nullptr;
  std::unique_ptr<OriginBody> untaken_;
  uint64_t bytes_sent_ = 0;
  uint64_t bytes_received_ = 0;
  bool is_head_ = false;
  bool deferred_ = false;  // the request's body said wait
  bool ends_ = false;      // what was offered is the last of it
  bool head_sent_ = false;
  bool was_reset_ = false;  // by the origin
  bool has_final_ = false;
  bool request_complete_ = false;
  bool answer_complete_ = false;
};

}  // namespace h2
