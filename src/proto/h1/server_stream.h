// The one request of an h1 connection that is under way: the wire's side of http::Stream. Pooled by the
// worker; between two requests it belongs to nobody and holds nothing but its arena's first block.
#pragma once

#include <optional>

#include "http/make_request.h"
#include "http/stream.h"
#include "proto/h1/incoming_body.h"
#include "proto/h1/parser.h"
#include "proto/h1/sender.h"

namespace h1 {

class ServerSession;

class ServerStream final : public http::Stream {
 public:
  ServerStream()
      : request_(arena_), parser_(Parser::Kind::request, ParserLimits(), kNoLimits, request_.fields) {}

  // http::Stream
  http::Request& request() override { return request_; }
  base::Arena& arena() override { return arena_; }
  const http::Connection& connection() const override;
  http::Body* request_body() override { return body_ ? &*body_ : nullptr; }
  void inform(const http::Response& head) override;
  void respond(const http::Response& head, http::BodyPtr body) override;
  void abort() override;
  void close_after() override { keep_alive_ = false; }
  void release() override;

 private:
  friend class ServerSession;
  friend class ServerPools;
  static const http::HeadLimits kNoLimits;

  void begin(ServerSession& session, const http::HeadLimits& limits);
  void finish();
  void frame(const http::Response& head, struct WireFields& wire, Sender::Coding& coding);
  bool is_tunnel(int status) const;

  ServerSession* session_ = nullptr;
  base::Arena arena_;
  http::Request request_;
  Parser parser_;
  std::optional<IncomingBody> body_;
  std::optional<Sender> sender_;
  http::BodyPtr response_body_;
  bool responded_ = false;
  bool aborted_ = false;
  bool ended_ = false;  // on_stream_end() was called
  bool released_ = false;
  bool keep_alive_ = true;     // so far
  bool continue_due_ = false;  // the client waits for 100
  bool tunnel_ = false;
};

/// What a worker's h1 sessions share: buffers and streams for those that are not idle.
class ServerPools {
 public:
  static constexpr size_t kMaxSpare = 64;

  ServerPools() = default;
  ~ServerPools();
  ServerPools(const ServerPools&) = delete;
  ServerPools& operator=(const ServerPools&) = delete;

  Buffers& buffers() { return buffers_; }
  ServerStream* take(ServerSession& session, const http::HeadLimits& limits);
  void give(ServerStream* stream);

 private:
  Buffers buffers_;
  std::vector<ServerStream*> spare_;
};

}  // namespace h1
