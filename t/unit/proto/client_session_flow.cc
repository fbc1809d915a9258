#include <criterion/criterion.h>
#include <fmt/format.h>
#include <malloc.h>

#include "t/unit/proto/origin_rig.h"

using http::Framing;
using http::OriginFault;

namespace {

/// A request body that the test feeds; or one that repeats a block.
class FedBody final : public http::Body {
 public:
  explicit FedBody(event::Loop& loop) : loop_(loop) {}
  http::Peek peek(std::span<iovec> pieces) override {
    if (failed) return {http::Readiness::failed, 0, false};
    if (!text.empty()) {
      pieces[0] = {text.data(), text.size()};
      return {http::Readiness::ready, 1, false};
    }
    if (repeats > 0) {
      pieces[0] = {block.data() + at_, block.size() - at_};
      return {http::Readiness::ready, 1, repeats == 1};
    }
    return {ended ? http::Readiness::end : http::Readiness::wait, 0, ended};
  }
  void consume(size_t bytes) override {
    if (!text.empty()) {
      text.erase(0, bytes);
      return;
    }
    at_ += bytes;
    if (at_ < block.size()) return;
    at_ = 0;
    --repeats;
  }
  const http::Fields* trailers() const override { return ended ? fields : nullptr; }
  void wake() {
    if (reader_ != nullptr) loop_.post(*reader_);
  }
  bool has_reader() const { return reader_ != nullptr; }

  std::string text;
  std::string block;
  int repeats = 0;
  bool ended = false;
  bool failed = false;
  const http::Fields* fields = nullptr;

 private:
  event::Loop& loop_;
  size_t at_ = 0;
};

struct UploadRig : OriginRig {
  explicit UploadRig(Framing framing, uint64_t length = 0) : fed(loop) {
    request.method = "POST";
    request.framing = framing;
    request.content_length = length;
    request.body = &fed;
  }
  ~UploadRig() { end(); }
  FedBody fed;
};

void pass(OriginRig& rig, int milliseconds) {
  rig.loop.clock().advance(base::Duration(milliseconds));
  rig.turn();
  rig.turn();
}

bool ends_with(const std::string& text, std::string_view tail) {
  return text.size() >= tail.size() && text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

struct Idle final : h1::IdleHandler {
  void on_idle_end() override { ++ended; }
  int ended = 0;
};

}  // namespace

// ---- requests ----

Test(client_session, framing_and_connection_are_written_here) {
  struct Case {
    const char* method;
    http::Version version;
    bool keep_alive;
    const char* expected;
  };
  for (const Case& each : {
           Case{"GET", http::Version::http11, true, "GET /path?q HTTP/1.1\r\nHost: a\r\n\r\n"},
           Case{"GET", http::Version::http11, false,
                "GET /path?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
           Case{"GET", http::Version::http10, true,
                "GET /path?q HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"},
           Case{"POST", http::Version::http11, true,
                "POST /path?q HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
       }) {
    OriginRig rig;
    rig.request.method = each.method;
    rig.request.version = each.version;
    rig.request.keep_alive = each.keep_alive;
    rig.fields.add("Host", "a");
    rig.fields.add("Content-Length", "77");
    rig.fields.add("Transfer-Encoding", "chunked");
    rig.fields.add("Keep-Alive", "timeout=5");
    rig.ask();
    std::string got = rig.received("\r\n\r\n");
    cr_assert(got == each.expected, "%s", got.c_str());
    rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    rig.finish();
    cr_assert_eq(rig.session->reusable(), each.keep_alive);
  }
}

Test(client_session, a_request_that_could_be_read_as_two_is_not_sent) {
  for (int i = 0; i < 5; ++i) {
    OriginRig rig;
    if (i == 0) rig.request.target = "/a b";
    if (i == 1) rig.request.target = "/a\r\nX: y";
    if (i == 2) rig.request.method = "GET /";
    if (i == 3) rig.request.framing = Framing::streamed;  // without a body
    if (i == 4) rig.request.target = "";
    rig.ask();
    rig.finish();
    cr_assert_eq(rig.answer.fault, OriginFault::canceled);
    cr_assert_eq(rig.answer.error, EINVAL);
    cr_assert(!rig.answer.why.empty());
    cr_assert(rig.drain().empty());
  }
}

Test(client_session, a_body_of_unknown_length_goes_out_in_chunks_with_its_trailers) {
  UploadRig rig(Framing::streamed);
  http::Fields trailers(rig.arena);
  trailers.add("X-Sum", "1");
  rig.fed.fields = &trailers;
  rig.fed.text = "hello";
  rig.ask();
  cr_assert(ends_with(rig.received("hello\r\n"), "chunked\r\n\r\n5\r\nhello\r\n"));
  rig.fed.text = "world";
  rig.fed.wake();
  rig.received("5\r\nworld\r\n");
  rig.fed.ended = true;
  rig.fed.wake();
  cr_assert(rig.received("\r\n\r\n") == "0\r\nX-Sum: 1\r\n\r\n");
  cr_assert(!rig.fed.has_reader());
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  rig.finish();
  cr_assert(rig.read_body() == "ok");
  cr_assert(rig.session->reusable());
}

Test(client_session, a_body_that_fails_never_looks_complete) {
  for (Framing framing : {Framing::streamed, Framing::length}) {
    UploadRig rig(framing, 10);
    rig.fed.text = "hello";
    rig.ask();
    rig.turn();
    rig.fed.failed = true;
    rig.fed.wake();
    rig.finish();
    cr_assert_eq(rig.answer.fault, OriginFault::canceled);
    cr_assert(!rig.session->reusable());
    cr_assert(!rig.fed.has_reader());
    std::string got = rig.drain();
    cr_assert(ends_with(got, framing == Framing::length ? "\r\n\r\nhello" : "\r\n\r\n5\r\nhello\r\n"));
  }
}

Test(client_session, a_body_shorter_than_announced_is_an_error) {
  UploadRig rig(Framing::length, 10);
  rig.fed.text = "hello";
  rig.fed.ended = true;
  rig.ask();
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::canceled);
}

// RFC 9110 §10.1.1
Test(client_session, the_body_waits_for_100_when_the_request_says_so) {
  for (int how = 0; how < 3; ++how) {
    UploadRig rig(Framing::length, 5);
    rig.fields.add("Expect", "100-continue");
    rig.fed.text = "hello";
    rig.ask();
    cr_assert(ends_with(rig.received("\r\n\r\n"), "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
    pass(rig, 900);
    cr_assert(rig.drain().empty());
    if (how == 0) rig.answers("HTTP/1.1 100 Continue\r\n\r\n");
    if (how == 1) pass(rig, 200);
    if (how < 2) {
      cr_assert(rig.received("hello") == "hello");
      rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      rig.finish();
      cr_assert(rig.session->reusable());
    } else {
      rig.answers("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
      rig.finish();
      cr_assert_eq(rig.answer.head.status, 417);
      cr_assert(!rig.session->reusable(), "the origin may still wait for the body");
      cr_assert(rig.drain().empty());
    }
  }
}

Test(client_session, an_answer_to_an_unfinished_upload_is_taken_and_ends_the_sending) {
  UploadRig rig(Framing::streamed);
  rig.fed.text = "hello";
  rig.ask();
  rig.received("hello\r\n");
  rig.answers("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::none);
  cr_assert_eq(rig.answer.head.status, 413);
  cr_assert(!rig.fed.has_reader());
  cr_assert(rig.read_body() == "no");
  cr_assert(!rig.session->reusable());
}

Test(client_session, an_answer_sent_before_the_origin_closed_under_an_upload_is_found) {
  UploadRig rig(Framing::streamed);
  rig.fed.text = "hello";
  rig.ask();
  rig.received("hello\r\n");
  rig.answers("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
  rig.origin_closes();
  rig.fed.text = "more";
  rig.fed.wake();
  rig.finish();
  cr_assert_eq(rig.answer.head.status, 413);
  cr_assert(rig.read_body() == "no");
}

// ---- time ----

Test(client_session, an_origin_that_takes_nothing_is_a_send_timeout) {
  UploadRig rig(Framing::streamed);
  rig.fed.block.assign(65536, 'x');
  rig.fed.repeats = 1 << 20;
  rig.ask();
  pass(rig, 59000);
  cr_assert(!rig.fetched);
  rig.drain();  // progress
  rig.turn();
  pass(rig, 59000);
  cr_assert(!rig.fetched);
  pass(rig, 1001);
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::send_timeout);
  cr_assert(!rig.fed.has_reader());
}

Test(client_session, an_origin_that_says_nothing_is_a_read_timeout) {
  OriginRig rig;
  rig.ask();
  pass(rig, 59000);
  rig.answers("HTTP/1.1 200 OK\r\n");
  rig.turn();
  pass(rig, 59000);
  cr_assert(!rig.fetched);
  pass(rig, 1001);
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::read_timeout);
  cr_assert_eq(rig.answer.error, ETIMEDOUT);
}

Test(client_session, a_client_that_uploads_slowly_is_no_timeout_of_the_origin) {
  UploadRig rig(Framing::streamed);
  rig.ask();
  pass(rig, 600000);
  cr_assert(!rig.fetched);
}

Test(client_session, a_body_times_out_only_while_its_reader_waits) {
  OriginRig rig;
  rig.ask();
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  rig.finish();
  pass(rig, 600000);
  iovec pieces[4];
  http::Peek peek = rig.body->peek(pieces);
  cr_assert_eq(peek.state, http::Readiness::ready);
  cr_assert(!peek.last);
  rig.body->consume(5);
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::wait);
  pass(rig, 59000);
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::wait);
  pass(rig, 1001);
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::failed);
  rig.turn();
  cr_assert(rig.hold_gone);
  cr_assert(!rig.session->reusable());
}

// ---- giving up ----

Test(client_session, a_canceled_fetch_ends_the_connection) {
  OriginRig rig;
  rig.ask();
  rig.turn();
  rig.scope->cancel();
  rig.turn();
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::canceled);
  cr_assert(!rig.session->reusable());
  cr_assert_eq(rig.transport->watched(), 0);
}

Test(client_session, closing_wakes_who_waits) {
  OriginRig asking;
  asking.ask();
  asking.session->close(true);
  asking.finish();
  cr_assert_eq(asking.answer.fault, OriginFault::canceled);

  OriginRig rig;
  rig.ask();
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  rig.finish();
  iovec pieces[4];
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::wait);
  rig.session->close(false);
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::failed);
  rig.turn();
  cr_assert(rig.hold_gone);
}

Test(client_session, a_body_that_is_dropped_ends_the_connection) {
  OriginRig rig;
  rig.ask();
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  rig.finish();
  rig.body.reset();
  cr_assert(rig.hold_gone);
  cr_assert(!rig.session->reusable());
}

Test(client_session, a_body_outlives_its_session) {
  OriginRig rig;
  rig.ask();
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
  rig.finish();
  rig.session.reset();
  iovec pieces[4];
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::failed);

  OriginRig whole;
  whole.ask();
  whole.answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345");
  whole.finish();
  whole.turn();
  cr_assert(whole.hold_gone);
  whole.session.reset();
  cr_assert(whole.read_body() == "12345");
}

// ---- idle ----

Test(client_session, an_idle_connection_tells_its_end_once) {
  for (bool speaks : {false, true}) {
    OriginRig rig;
    rig.ask();
    rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    rig.finish();
    Idle idle;
    rig.session->set_idle(&idle);
    cr_assert(rig.session->is_quiet());
    rig.turn();
    cr_assert_eq(idle.ended, 0);
    if (speaks) {
      rig.answers("HTTP/1.1 408 Request Timeout\r\n\r\n");
    } else {
      rig.origin_closes();
    }
    cr_assert(!rig.session->is_quiet());
    rig.turn();
    rig.turn();
    cr_assert_eq(idle.ended, 1);
    cr_assert(!rig.session->reusable());
  }
}

Test(client_session, an_idle_connection_costs_less_than_a_kibibyte) {
  OriginRig rig;
  rig.ask();
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  rig.finish();
  cr_assert(rig.read_body() == "hello");
  rig.body.reset();
  size_t with = mallinfo2().uordblks;
  rig.session.reset();
  size_t without = mallinfo2().uordblks;
  cr_assert_leq(with - without, 1024u, "%zu", with - without);
}

// ---- back-pressure ----

Test(client_session, a_large_upload_to_a_slow_origin_keeps_memory_flat, .timeout = 60) {
  constexpr int kBlocks = 1024;
  UploadRig rig(Framing::streamed);
  rig.fed.block.assign(65536, 'x');
  rig.fed.repeats = kBlocks;
  size_t before = mallinfo2().uordblks;
  rig.ask();
  size_t got = 0;
  size_t most = 0;
  std::string tail;
  std::string bytes(65536, 0);
  rig.until([&] {
    ssize_t size = recv(rig.origin.get(), bytes.data(), bytes.size(), 0);
    if (size > 0) {
      got += static_cast<size_t>(size);
      tail.append(bytes, 0, static_cast<size_t>(size));
      if (tail.size() > 16) tail.erase(0, tail.size() - 16);
    }
    most = std::max(most, mallinfo2().uordblks);
    return ends_with(tail, "\r\n0\r\n\r\n");
  });
  cr_assert_geq(got, size_t{kBlocks} * 65536);
  cr_assert_leq(most - before, 256u * 1024);
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  rig.finish();
  cr_assert(rig.session->reusable());
}

Test(client_session, a_large_download_to_a_slow_reader_is_not_read_ahead, .timeout = 60) {
  for (bool chunked : {false, true}) {
    constexpr size_t kSize = size_t{16} << 20;
    OriginRig rig;
    rig.ask();
    std::string block(65536, 'x');
    if (chunked) {
      rig.answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    } else {
      rig.answers(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", kSize));
    }
    rig.finish();
    std::string framed = chunked ? "10000\r\n" + block + "\r\n" : block;
    size_t at = 0;
    size_t blocks = kSize / block.size();
    size_t taken = 0;
    for (int turns = 0;; ++turns) {
      if (blocks > 0) {
        ssize_t sent = send(rig.origin.get(), framed.data() + at, framed.size() - at, MSG_NOSIGNAL);
        if (sent > 0) at += static_cast<size_t>(sent);
        if (at == framed.size()) {
          at = 0;
          if (--blocks == 0 && chunked) rig.answers("0\r\n\r\n");
        }
      }
      rig.turn();
      if (turns % 2 == 0) continue;
      iovec pieces[4];
      http::Peek peek = rig.body->peek(pieces);
      if (peek.state == http::Readiness::end) break;
      cr_assert_neq(peek.state, http::Readiness::failed);
      if (peek.state != http::Readiness::ready) continue;
      rig.body->consume(pieces[0].iov_len);
      taken += pieces[0].iov_len;
      cr_assert_leq(rig.session->bytes_received(), taken + 65536 + 4096 + taken / 1000);
    }
    cr_assert_eq(taken, kSize);
    rig.turn();
    cr_assert(rig.session->reusable());
    cr_assert_leq(rig.transport->reads, 1000, "%d", rig.transport->reads);
  }
}

Test(client_session, nothing_is_read_or_heard_while_nobody_peeks) {
  OriginRig rig;
  rig.ask();
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhello");
  rig.finish();
  int reads = rig.transport->reads;
  rig.answers(std::string(1000, 'x'));
  for (int i = 0; i < 5; ++i) rig.turn();
  cr_assert_eq(rig.transport->reads, reads);
  cr_assert_eq(rig.transport->watched(), 0);
}

// ---- 101 ----

Test(client_session, after_101_both_sides_are_raw) {
  UploadRig rig(Framing::none);
  rig.request.method = "GET";
  rig.request.upgrade = true;
  rig.fields.add("Upgrade", "websocket");
  rig.fed.text = "early";
  rig.ask();
  cr_assert(rig.received("\r\n\r\n") ==
            "GET /path?q HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
  rig.answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nfrom");
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::none);
  cr_assert_eq(rig.answer.head.status, 101);
  iovec pieces[4];
  http::Peek peek = rig.body->peek(pieces);
  cr_assert_eq(peek.count, 1);
  cr_assert(!peek.last);
  rig.body->consume(4);
  cr_assert(rig.received("early") == "early");
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::wait);
  rig.fed.text = "0\r\nmore";
  rig.fed.wake();
  cr_assert(rig.received("more") == "0\r\nmore");
  pass(rig, 59000);
  rig.fed.text = "still";
  rig.fed.wake();
  rig.received("still");
  pass(rig, 59000);
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::wait, "either way counts as life");
  rig.fed.ended = true;  // the client is through, the origin is not
  rig.fed.wake();
  rig.until([&] {
    char byte;
    return recv(rig.origin.get(), &byte, 1, 0) == 0;
  });
  rig.answers("bye");
  rig.origin_closes();
  cr_assert(rig.read_body() == "bye");
  cr_assert(rig.hold_gone);
  cr_assert(!rig.session->reusable());
}

Test(client_session, a_tunnel_whose_client_breaks_is_broken) {
  UploadRig rig(Framing::none);
  rig.request.method = "GET";
  rig.request.upgrade = true;
  rig.ask();
  rig.answers("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  rig.finish();
  iovec pieces[4];
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::wait);
  rig.fed.failed = true;
  rig.fed.wake();
  rig.until([&] { return rig.body->peek(pieces).state == http::Readiness::failed; });
  cr_assert(!rig.fed.has_reader());
}
