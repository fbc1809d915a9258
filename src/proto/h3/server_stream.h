// One request of an HTTP/3 connection: the wire's side of http::Stream. Made when a request's head begins,
// freed when QUIC has closed the stream and the handler has released it. What it wants of the connection it
// notes and wakes it; only the connection moves frames.
#pragma once

#include <nghttp3/nghttp3.h>

#include <optional>

#include "base/list.h"
#include "http/incoming_head.h"
#include "http/stream.h"
#include "proto/h3/byte_queue.h"
#include "proto/h3/request_body.h"

namespace h3 {

class Connection;
struct Touched;

class ServerStream final : public http::Stream,
                           public base::ListNode<ServerStream>,
                           public base::ListNode<Touched>,
                           private event::Ready,
                           private BodyOwner {
 public:
  ServerStream(Connection& connection, int64_t id);
  ~ServerStream();

  // http::Stream
  http::Request& request() override { return request_; }
  base::Arena& arena() override { return arena_; }
  const http::Connection& connection() const override;
  http::Body* request_body() override;
  void inform(const http::Response& head) override;
  void respond(const http::Response& head, http::BodyPtr body) override;
  void abort() override;
  void close_after() override;
  void release() override;

 private:
  friend class Connection;
  friend struct Callbacks;

  void on_ready() override;  // the response's body may have more
  void on_body_wanted() override;
  void on_body_taken(size_t bytes) override;
  void on_body_failed(int status) override;
  uint64_t max_body_size() const override { return policy_.max_body_size; }
  bool frame(const http::Response& head, int status, std::vector<nghttp3_nv>& lines);
  void touch();
  void begin_body();

  Connection& connection_;
  int64_t id_;
  base::Arena arena_;
  http::Request request_;
  http::IncomingHead head_;
  std::optional<RequestBody> body_;
  http::BodyPtr response_body_;
  ByteQueue unacked_;  // of the response's body: what the client has not acknowledged
  uint64_t left_ = 0;  // of an announced length
  base::MonoTime began_ = 0;
  base::MonoTime progress_ = 0;    // something was sent last
  base::MonoTime resume_at_ = 0;   // limit_rate holds it back until; 0: it does not
  base::MonoTime wait_began_ = 0;  // the body's reader waits since; 0: it does not
  size_t untold_ = 0;              // bytes taken for which no window was given back yet
  size_t trailers_size_ = 0;
  bool has_length_ = false;  // left_ counts
  bool head_complete_ = false;
  bool handed_up_ = false;
  bool responded_ = false;
  bool aborted_ = false;
  bool deferred_ = false;  // the library waits for resume
  bool full_ = false;      // as much as may wait for acknowledgement does
  bool sent_all_ = false;  // the end is in a packet
  bool body_failed_ = false;
  bool wire_closed_ = false;  // QUIC knows it no more
  bool write_shut_ = false;   // the client wants nothing of it any more
  bool ended_ = false;        // on_stream_end() was called
  bool released_ = false;
  bool continue_due_ = false;  // the client waits for 100
  bool wanted_ = false;        // the body's reader waits; the connection has not seen to it yet
};

}  // namespace h3
