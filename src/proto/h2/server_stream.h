// One request of an HTTP/2 connection: the wire's side of http::Stream. Pooled by the worker. What it wants
// of the connection it notes and wakes the session; only the session moves frames.
#pragma once

#include <nghttp2/nghttp2.h>

#include <optional>
#include <vector>

#include "base/list.h"
#include "http/incoming_head.h"
#include "http/stream.h"
#include "proto/h2/received_body.h"

namespace h2 {

class ServerSession;
struct Touched;

class ServerStream final : public http::Stream,
                           public base::ListNode<ServerStream>,
                           public base::ListNode<Touched>,
                           private event::Ready,
                           private BodyOwner {
 public:
  ServerStream() : request_(arena_) {}
  ~ServerStream() = default;

  // http::Stream
  http::Request& request() override { return request_; }
  base::Arena& arena() override { return arena_; }
  const http::Connection& connection() const override;
  /// Of a request for a tunnel there is none until it is open.
  http::Body* request_body() override;
  void inform(const http::Response& head) override;
  void respond(const http::Response& head, http::BodyPtr body) override;
  void abort() override;
  /// Nothing: what follows comes on streams of its own.
  void close_after() override {}
  void release() override;

 private:
  friend class ServerSession;
  friend struct ServerCallbacks;
  friend class ServerPools;
  static constexpr int kPieces = 16;

  void begin(ServerSession& session, int32_t id, base::MonoTime now);
  void finish();
  void on_ready() override;  // the response's body may have more
  void on_body_wanted() override;
  void on_body_taken(size_t bytes) override;
  void on_body_failed(int status) override;
  uint64_t max_body_size() const override { return tunnel_ ? 0 : policy_.max_body_size; }
  bool frame(const http::Response& head, int status, std::vector<nghttp2_nv>& lines);
  void make_body();
  void touch();

  ServerSession* session_ = nullptr;
  base::Arena arena_;
  http::Request request_;
  http::IncomingHead head_;
  std::optional<ReceivedBody> body_;
  http::BodyPtr response_body_;
  int32_t id_ = 0;
  // The response's body on its way.
  iovec pieces_[kPieces] = {};  // what was peeked at for the DATA frame under way
  uint64_t left_ = 0;           // of an announced length
  base::MonoTime began_ = 0;
  base::MonoTime progress_ = 0;   // something was sent last
  base::MonoTime resume_at_ = 0;  // limit_rate holds it back until; 0: it does not
  // The request's body.
  base::MonoTime wait_began_ = 0;  // its reader waits since; 0: it does not
  base::MonoTime wait_until_ = 0;
  int64_t body_waited_ = 0;  // milliseconds before that
  size_t untold_ = 0;        // bytes taken for which no window was given back yet
  size_t trailers_size_ = 0;
  bool has_length_ = false;  // left_ counts
  bool head_complete_ = false;
  bool malformed_ = false;  // a fault of the client behind the head
  bool held_up_ = false;    // in the session's list of those whose last bytes are not with the kernel
  bool has_body_ = false;   // the request's head did not end the stream
  bool seen_ = false;       // its head was judged
  bool handed_up_ = false;
  bool responded_ = false;
  bool aborted_ = false;
  bool tunnel_ = false;
  bool deferred_ = false;  // the library waits for resume
  bool sent_all_ = false;  // END_STREAM is in the output
  bool body_failed_ = false;
  bool wire_closed_ = false;  // the library knows it no more
  bool ended_ = false;        // on_stream_end() was called
  bool released_ = false;
  bool wide_ = false;          // its window was made larger
  bool continue_due_ = false;  // the client waits for 100
  bool wanted_ = false;        // the body's reader waits; the session has not seen to it yet
};

}  // namespace h2
