// A server session on one end of a socket pair, a handler that answers by path, and the client's end as text.
#pragma once

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/tcp.h"
#include "proto/h1/server_session.h"

namespace rig {

/// Takes a request's body as it comes and keeps it.
struct Collector final : event::Ready {
  explicit Collector(http::Stream& from) : stream(from) {}
  void on_ready() override { pull(); }
  void pull() {
    http::Body& body = *stream.request_body();
    iovec pieces[4];
    while (true) {
      http::Peek seen = body.peek(pieces);
      if (seen.state == http::Readiness::wait) return body.set_reader(this);
      if (seen.state != http::Readiness::ready) {
        if (seen.state == http::Readiness::end && body.trailers() != nullptr) {
          for (const http::Field& f : *body.trailers())
            text += "[" + std::string(f.name) + "=" + std::string(f.value) + "]";
        }
        failed = seen.state == http::Readiness::failed;
        return done();
      }
      size_t size = 0;
      for (int i = 0; i < seen.count; i++) {
        text.append(static_cast<char*>(pieces[i].iov_base), pieces[i].iov_len);
        size += pieces[i].iov_len;
      }
      body.consume(size);
    }
  }
  http::Stream& stream;
  std::string text;
  bool failed = false;
  std::function<void()> done;
};

/// A body whose bytes the test gives when it likes.
struct SlowBody final : http::Body {
  http::Peek peek(std::span<iovec> pieces) override {
    if (fails) return {http::Readiness::failed, 0, false};
    if (text.empty()) return {closed ? http::Readiness::end : http::Readiness::wait, 0, closed};
    pieces[0] = {text.data(), text.size()};
    return {http::Readiness::ready, 1, closed};
  }
  void consume(size_t bytes) override { text.erase(0, bytes); }
  const http::Fields* trailers() const override { return fields; }
  void give(event::Loop& loop, std::string_view more, bool last = false) {
    text += more;
    closed = last;
    if (reader_ != nullptr) loop.post(*reader_);
  }
  void fail(event::Loop& loop) {
    fails = true;
    if (reader_ != nullptr) loop.post(*reader_);
  }
  std::string text;
  bool closed = false;
  bool fails = false;
  const http::Fields* fields = nullptr;
};

struct Rig final : http::StreamHandler, proto::SessionOwner {
  Rig() {
    int pair[2];
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    client = pair[0];
    server = pair[1];
  }
  ~Rig() {
    if (session != nullptr) session->shut_down();
    for (int i = 0; i < 5; i++) turn();
    delete static_cast<proto::Session*>(session);
    if (client >= 0) ::close(client);
  }
  void begin() {
    auto transport = std::make_unique<net::TcpTransport>(loop, net::Fd(server), net::Address());
    session = new h1::ServerSession(loop, pools, *this, *this, std::move(transport), proto::Accepted());
  }
  /// What the client sees until nothing more comes.
  std::string exchange(std::string_view bytes, size_t step = SIZE_MAX) {
    if (session == nullptr && !ended) begin();
    while (!bytes.empty()) {
      std::string_view piece = bytes.substr(0, step);
      ssize_t sent = ::send(client, piece.data(), piece.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
      if (sent < 0 && errno != EAGAIN) break;
      turn();
    }
    return drain();
  }
  std::string drain() {
    std::string got;
    for (int quiet = 0; quiet < 3; quiet++) {
      turn();
      if (receive(got)) quiet = 0;
    }
    return got;
  }
  bool receive(std::string& got) {
    char bytes[65536];
    ssize_t size = ::recv(client, bytes, sizeof bytes, 0);
    if (size > 0) got.append(bytes, static_cast<size_t>(size));
    if (size == 0 || (size < 0 && errno != EAGAIN)) closed = true;
    if (size < 0 && errno == ECONNRESET) reset = true;
    return size > 0;
  }
  void turn() { loop.run_once(false); }
  /// Time passes for timers; the loop's own clock is not asked.
  void wait_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 5000 && !condition(); i++) {
      poll(nullptr, 0, 1);
      turn();
    }
    cr_assert(condition());
  }

  void on_stream(http::Stream& stream) override {
    const http::Request& request = stream.request();
    seen.push_back(std::string(request.method_text) + " " + std::string(request.target) +
                   (request.refused != 0 ? " refused " + std::to_string(request.refused) : ""));
    if (configure) configure(stream.policy());
    current = &stream;
    if (request.refused != 0) return answer(stream, request.refused, "");
    if (custom && custom(stream)) return;
    if (request.path.starts_with("/echo")) return echo(stream);
    answer(stream, 200, std::string(request.target));
  }
  void on_stream_end(http::Stream& stream, http::StreamEnd end) override {
    ends.push_back(end);
    bytes_sent = stream.bytes_sent();
    if (hold) return;
    collector.reset();
    current = nullptr;
    stream.release();
  }
  const http::HeadLimits& head_limits(uint32_t) override { return limits; }
  void on_session_end(proto::Session&) override {
    session = nullptr;
    ended = true;
  }

  void answer(http::Stream& stream, int status, std::string text) {
    http::Response head(stream.arena());
    head.status = status;
    head.framing = http::Framing::length;
    head.content_length = text.size();
    stream.respond(head, std::make_unique<http::StringBody>(std::move(text)));
  }
  void echo(http::Stream& stream) {
    if (stream.request_body() == nullptr) return answer(stream, 200, "");
    collector = std::make_unique<Collector>(stream);
    collector->done = [this, &stream] {
      int status = collector->failed ? stream.request().refused : 200;
      answer(stream, status, collector->text);
    };
    collector->pull();
  }

  event::Loop loop;
  h1::ServerPools pools;
  http::HeadLimits limits;
  h1::ServerSession* session = nullptr;
  int client = -1;
  int server = -1;
  bool closed = false;
  bool reset = false;
  bool ended = false;
  bool hold = false;
  uint64_t bytes_sent = 0;
  http::Stream* current = nullptr;
  std::unique_ptr<Collector> collector;
  std::vector<std::string> seen;
  std::vector<http::StreamEnd> ends;
  std::function<void(http::StreamPolicy&)> configure;
  std::function<bool(http::Stream&)> custom;
};

}  // namespace rig
