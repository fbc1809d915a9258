// A server session over HTTP/2 and a handler that answers by path, the test being the client.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/loop.h"
#include "proto/h2/server_session.h"
#include "t/unit/proto/h2_frames.h"
#include "t/unit/proto/memory_transport.h"

/// A request that the handler has: "/now…" is answered at once with its path, "/body/N" with N bytes that
/// come when they are asked for, "/echo" with its body, "/slow" with what give() brings, "/later" when the
/// test says so.
class H2Request final : public event::Ready {
 public:
  H2Request(event::Loop& loop, http::Stream& stream) : loop_(loop), stream_(stream) { stream.user = this; }

  void begin() {
    const http::Request& request = stream_.request();
    std::string path(request.path);
    if (request.refused != 0) return answer(request.refused, "refused");
    if (path == "/later") return;
    if (path == "/slow") return answer_slowly();
    if (path.starts_with("/body/"))
      return answer(200, std::string(std::stoul("0" + path.substr(6)) % 1000000, 'b'));
    if (path != "/echo" || stream_.request_body() == nullptr) return answer(200, path);
    stream_.request_body()->set_reader(this);
    read();
  }
  void answer(int status, std::string body) {
    if (answered_) return;
    answered_ = true;
    http::Response head(stream_.arena());
    head.status = status;
    head.framing = body.empty() ? http::Framing::none : http::Framing::length;
    head.content_length = body.size();
    stream_.respond(head, body.empty() ? nullptr : std::make_unique<http::StringBody>(std::move(body)));
  }
  void give(const std::string& more) {
    body_->bytes += more;
    body_->wake();
  }
  void inform() {
    http::Response head(stream_.arena());
    head.status = 103;
    stream_.inform(head);
  }
  void abort() { stream_.abort(); }
  bool ended() const { return ended_; }
  void end() {
    ended_ = true;
    if (http::Body* body = stream_.request_body()) body->set_reader(nullptr);
    unlink();
  }
  void let_go() { stream_.release(); }
  void on_ready() override {
    if (!ended_) read();
  }
  std::string text;

 private:
  struct SlowBody final : http::Body {
    explicit SlowBody(event::Loop& loop) : loop_(loop) {}
    http::Peek peek(std::span<iovec> pieces) override {
      if (bytes.empty()) return {};
      pieces[0] = {bytes.data(), bytes.size()};
      return {http::Readiness::ready, 1, false};
    }
    void consume(size_t size) override { bytes.erase(0, size); }
    void wake() {
      if (reader_ != nullptr) loop_.post(*reader_);
    }
    std::string bytes;
    event::Loop& loop_;
  };
  void answer_slowly() {
    auto body = std::make_unique<SlowBody>(loop_);
    body_ = body.get();
    answered_ = true;
    http::Response head(stream_.arena());
    head.status = 200;
    head.framing = http::Framing::streamed;
    stream_.respond(head, std::move(body));
  }
  void read() {
    for (;;) {
      iovec pieces[3];
      http::Peek peek = stream_.request_body()->peek(pieces);
      if (peek.state == http::Readiness::wait) return;
      if (peek.state == http::Readiness::failed) return answer(stream_.request().refused, "failed");
      if (peek.state == http::Readiness::end) return answer(200, text);
      size_t size = 0;
      for (int i = 0; i < peek.count; ++i) {
        text.append(static_cast<char*>(pieces[i].iov_base), pieces[i].iov_len);
        size += pieces[i].iov_len;
      }
      stream_.request_body()->consume(size);
    }
  }

  event::Loop& loop_;
  http::Stream& stream_;
  SlowBody* body_ = nullptr;
  bool answered_ = false;
  bool ended_ = false;
};

struct H2Server final : http::StreamHandler, proto::SessionOwner {
  explicit H2Server(const h2::ServerOptions& options = {}) {
    auto made = std::make_unique<MemoryTransport>();
    transport = made.get();
    session = new h2::ServerSession(loop, pools, *this, *this, std::move(made), proto::Accepted(), options);
    turn();
  }
  ~H2Server() {
    if (session != nullptr) session->shut_down();
    for (int i = 0; i < 3; ++i) turn();
    for (auto& request : requests) PC_CHECK(request->ended());
    while (!requests.empty()) let_go(0);
    for (int i = 0; i < 3; ++i) turn();
    PC_CHECK(session == nullptr);
  }

  void turn() {
    if (session != nullptr) transport->go();
    loop.run_once(false);
    if (session != nullptr) heard.take(transport->out);
  }
  void says(std::string_view frames) {
    if (session == nullptr) return;
    transport->in += frames;
    turn();
    turn();
  }
  /// Preface and settings of a client.
  void greet(const std::vector<std::pair<int, uint32_t>>& values = {}) {
    says(std::string(NGHTTP2_CLIENT_MAGIC) + h2_frames::settings(values));
  }
  void asks(uint32_t stream, const std::string& path, const std::string& method = "GET",
            bool is_whole = true) {
    says(h2_frames::headers(
        stream, {{":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "a"}}, is_whole));
  }
  void pass(int milliseconds) {
    loop.clock().advance(base::Duration(milliseconds));
    turn();
    turn();
  }
  void let_go(size_t which) {
    std::unique_ptr<H2Request> gone = std::move(requests[which]);
    requests.erase(requests.begin() + static_cast<long>(which));
    gone->let_go();
  }
  std::string status(uint32_t stream) {
    const h2_frames::Lines& lines = heard.streams[stream].lines;
    return lines.empty() ? "" : lines[0].second;
  }

  void on_stream(http::Stream& stream) override {
    requests.push_back(std::make_unique<H2Request>(loop, stream));
    ++began;
    requests.back()->begin();
  }
  void on_stream_end(http::Stream& stream, http::StreamEnd end) override {
    auto* request = static_cast<H2Request*>(stream.user);
    PC_CHECK(!request->ended());
    request->end();
    ends.push_back(end);
    if (holds) return;
    for (size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].get() == request) return let_go(i);
    }
  }
  const http::HeadLimits& head_limits(uint32_t) override { return limits; }
  void on_session_end(proto::Session&) override {
    session = nullptr;
    transport = nullptr;
  }

  event::Loop loop;
  base::Log log{2, base::LogLevel::emerg, nullptr};
  h2::ServerPools pools{log, 4096};
  http::HeadLimits limits;
  MemoryTransport* transport;
  h2::ServerSession* session;
  h2_frames::Heard heard{h2_frames::Heard::From::server};
  std::vector<std::unique_ptr<H2Request>> requests;
  std::vector<http::StreamEnd> ends;
  int began = 0;
  bool holds = false;  // streams are not released when they end
};
