// A client session over HTTP/2 and its requests, the test being the origin.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "event/loop.h"
#include "proto/h2/client_session.h"
#include "proto/h2/client_stream.h"
#include "t/unit/proto/h2_frames.h"
#include "t/unit/proto/memory_transport.h"

/// A request body that the test feeds.
class FedBody final : public http::Body {
 public:
  explicit FedBody(event::Loop& loop) : loop_(loop) {}
  http::Peek peek(std::span<iovec> pieces) override {
    if (failed) return {http::Readiness::failed, 0, false};
    if (!text.empty()) {
      pieces[0] = {text.data(), text.size()};
      return {http::Readiness::ready, 1, ended};
    }
    return {ended ? http::Readiness::end : http::Readiness::wait, 0, ended};
  }
  void consume(size_t bytes) override { text.erase(0, bytes); }
  const http::Fields* trailers() const override { return ended ? fields : nullptr; }
  void wake() {
    if (reader_ != nullptr) loop_.post(*reader_);
  }
  bool has_reader() const { return reader_ != nullptr; }

  std::string text;
  bool ended = false;
  bool failed = false;
  const http::Fields* fields = nullptr;

 private:
  event::Loop& loop_;
};

/// A request and what became of it.
struct H2Ask final : private http::InterimHandler {
  H2Ask(event::Loop& in, h2::ClientSession& session)
      : loop(in), fed(in), scope(in.ready()), stream(std::make_unique<h2::ClientStream>(session)) {
    request.method = "GET";
    request.target = "/path?q";
    request.scheme = "http";
    request.authority = "origin";
    request.fields = &fields;
  }
  ~H2Ask() {
    give_up();
    body.reset();
    if (stream) stream->stop_sending();
  }

  /// A body of that length, or of a length that is not known.
  void uploads(std::optional<uint64_t> length) {
    request.method = "POST";
    request.framing = length ? http::Framing::length : http::Framing::streamed;
    request.content_length = length.value_or(0);
    request.body = &fed;
  }
  void go() { event::spawn(run()); }
  /// Cancels, and waits until the coroutine has left.
  void give_up() {
    scope.cancel();
    for (int turns = 0; going; ++turns) {
      PC_CHECK(turns < 100);
      loop.run_once(false);
    }
  }
  /// What of the body is there, up to `most` bytes of it.
  size_t read(size_t most = SIZE_MAX) {
    size_t all = 0;
    while (body && all < most && !ended && !failed) {
      iovec pieces[3];
      http::Peek peek = body->peek(pieces);
      ended = peek.state == http::Readiness::end;
      failed = peek.state == http::Readiness::failed;
      if (peek.state != http::Readiness::ready) break;
      size_t size = 0;
      for (int i = 0; i < peek.count && all + size < most; ++i) {
        size_t part = std::min(pieces[i].iov_len, most - all - size);
        text.append(static_cast<char*>(pieces[i].iov_base), part);
        size += part;
      }
      body->consume(size);
      all += size;
    }
    return all;
  }

  event::Loop& loop;
  base::Arena arena;
  http::Fields fields{arena};
  http::OriginRequest request;
  http::OriginLimits limits;
  FedBody fed;
  http::OriginAnswer answer{arena};
  http::BodyPtr body;
  event::CancelScope scope;
  std::unique_ptr<h2::ClientStream> stream;
  std::string interim;  // "103 link=…;" for each that was heard
  std::string text;     // read
  bool going = false;
  bool fetched = false;
  bool let_go = false;  // by the body
  bool ended = false;   // so the body said
  bool failed = false;

 private:
  struct Hold final : http::Hold {
    explicit Hold(bool& gone) : gone_(gone) {}
    ~Hold() override { gone_ = true; }
    bool& gone_;
  };
  event::Task<void> run() {
    going = true;
    co_await stream->fetch(request, limits, this, &scope, answer);
    going = false;
    fetched = true;
    if (answer.fault == http::OriginFault::none) body = stream->take_body(std::make_unique<Hold>(let_go));
  }
  void on_interim(const http::Response& head) override {
    interim += std::to_string(head.status);
    for (const http::Field& field : head.fields)
      interim.append(" ").append(field.name).append("=").append(field.value);
    interim += ';';
  }
};

struct H2Origin final : private h2::ClientSessionHandler {
  explicit H2Origin(event::Loop& in) : loop(in) {
    auto made = std::make_unique<MemoryTransport>();
    transport = made.get();
    auto& handler = static_cast<h2::ClientSessionHandler&>(*this);
    session = std::make_unique<h2::ClientSession>(loop, std::move(made), handler);
  }

  void turn() {
    transport->go();
    loop.run_once(false);
    heard.take(transport->out);
  }
  void says(std::string_view frames) {
    transport->in += frames;
    turn();
    turn();
  }
  void pass(int milliseconds) {
    loop.clock().advance(base::Duration(milliseconds));
    turn();
    turn();
  }

  event::Loop& loop;
  MemoryTransport* transport;
  std::unique_ptr<h2::ClientSession> session;
  h2_frames::Heard heard;
  int opened = 0;
  int ended = 0;

 private:
  void on_open() override { ++opened; }
  void on_end() override { ++ended; }
};
