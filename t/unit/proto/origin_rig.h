// A client session on one end of a socket pair, and the test as its origin on the other.
#pragma once

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "net/tcp.h"
#include "proto/h1/client_session.h"

/// Counts system calls.
class CountingTransport final : public net::Transport {
 public:
  explicit CountingTransport(std::unique_ptr<net::Transport> inner)
      : Transport(inner->can_send_file()), inner_(std::move(inner)) {}
  net::IoResult read(char* into, size_t size) override {
    ++reads;
    return inner_->read(into, std::min(size, most_read));
  }
  net::IoResult write(const iovec* pieces, int count) override {
    ++writes;
    return inner_->write(pieces, count);
  }
  net::IoResult send_file(int file, uint64_t offset, size_t size) override {
    return inner_->send_file(file, offset, size);
  }
  net::IoResult peek() override { return inner_->peek(); }
  void watch(int events) override {
    inner_->set_handler(handler_);
    inner_->watch(events);
  }
  int watched() const override { return inner_->watched(); }
  void shutdown_write() override { inner_->shutdown_write(); }
  void close(bool reset) override { inner_->close(reset); }
  int fd() const override { return inner_->fd(); }
  const net::Address& peer() const override { return inner_->peer(); }
  net::Address local() const override { return inner_->local(); }

  int reads = 0;
  int writes = 0;
  size_t most_read = SIZE_MAX;

 private:
  std::unique_ptr<net::Transport> inner_;
};

struct OriginRig : private http::InterimHandler {
  OriginRig() {
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    origin = net::Fd(pair[1]);
    auto tcp = std::make_unique<net::TcpTransport>(loop, net::Fd(pair[0]), net::Address());
    auto counting = std::make_unique<CountingTransport>(std::move(tcp));
    transport = counting.get();
    session = std::make_unique<h1::ClientSession>(loop, std::move(counting));
    request.method = "GET";
    request.target = "/path?q";
    request.fields = &fields;
  }
  ~OriginRig() { end(); }
  void end() {
    if (asked && !fetched) {
      scope->cancel();
      finish();
    }
    body.reset();
    session.reset();
  }

  /// The request gets a body of known length.
  void send_body(std::string text) {
    request.method = "PUT";
    request.framing = http::Framing::length;
    request.content_length = text.size();
    sent_body = std::make_unique<http::StringBody>(std::move(text));
    request.body = sent_body.get();
  }
  void ask() {
    body.reset();
    scope.emplace(loop.ready());
    hold_gone = false;
    fetched = false;
    asked = true;
    event::spawn(run());
  }
  void turn() { loop.run_once(false); }
  template <class Done>
  void until(Done done) {
    for (int turns = 0; !done(); ++turns) {
      cr_assert_lt(turns, 200000, "it never comes");
      loop.run_once(turns % 16 == 15);
    }
  }
  /// Until fetch() is over; takes the body if there was no fault.
  void finish() {
    until([this] { return fetched; });
  }
  void answers(std::string_view text) {
    while (!text.empty()) {
      ssize_t sent = send(origin.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0) {
        loop.run_once(false);
        continue;
      }
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void origin_closes() {
    drain();  // else it is a reset
    origin.reset();
  }
  /// Everything the origin has got so far.
  std::string drain() {
    char bytes[65536];
    std::string text;
    for (ssize_t got; (got = recv(origin.get(), bytes, sizeof bytes, 0)) > 0;) {
      text.append(bytes, static_cast<size_t>(got));
    }
    return text;
  }
  /// What the origin has got once that ends in `tail`.
  std::string received(std::string_view tail) {
    std::string text;
    until([&] {
      text += drain();
      return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
    });
    return text;
  }
  /// The rest of the body; "!" at the end when it failed. Takes at most `bite` bytes of a peek.
  std::string read_body(size_t bite = SIZE_MAX, int pieces_at_once = 3) {
    std::string text;
    struct Reader : event::Ready {
      void on_ready() override { woken = true; }
      bool woken = false;
    } reader;
    if (!body) return text;
    body->set_reader(&reader);
    for (;;) {
      iovec pieces[16];
      http::Peek peek = body->peek({pieces, static_cast<size_t>(pieces_at_once)});
      if (peek.state == http::Readiness::end) break;
      if (peek.state == http::Readiness::failed) {
        text += '!';
        break;
      }
      if (peek.state == http::Readiness::wait) {
        until([&] { return std::exchange(reader.woken, false); });
        continue;
      }
      size_t size = 0;
      for (int i = 0; i < peek.count && size < bite; ++i) {
        size_t part = std::min(pieces[i].iov_len, bite - size);
        text.append(static_cast<char*>(pieces[i].iov_base), part);
        size += part;
      }
      body->consume(size);
    }
    body->set_reader(nullptr);
    turn();
    return text;
  }

  event::Loop loop;
  net::Fd origin;
  CountingTransport* transport;
  std::unique_ptr<h1::ClientSession> session;
  base::Arena arena;
  http::Fields fields{arena};
  http::OriginRequest request;
  http::OriginLimits limits;
  std::unique_ptr<http::Body> sent_body;
  http::OriginAnswer answer{arena};
  http::BodyPtr body;
  std::optional<event::CancelScope> scope;
  std::string interim;  // "103 Link=…;" for each that was heard
  bool asked = false;
  bool fetched = false;
  bool hold_gone = false;

 private:
  struct Hold final : http::Hold {
    explicit Hold(bool& gone) : gone_(gone) {}
    ~Hold() override { gone_ = true; }
    bool& gone_;
  };
  event::Task<void> run() {
    answer.fault = http::OriginFault::none;
    answer.error = 0;
    co_await session->fetch(request, limits, this, &*scope, answer);
    if (answer.fault == http::OriginFault::none) body = session->take_body(std::make_unique<Hold>(hold_gone));
    fetched = true;
  }
  void on_interim(const http::Response& head) override {
    interim += std::to_string(head.status);
    for (const http::Field& field : head.fields) {
      interim.append(" ").append(field.name).append("=").append(field.value);
    }
    interim += ';';
  }
};
