#include <criterion/criterion.h>

#include "t/unit/proto/origin_rig.h"

using http::Framing;
using http::OriginFault;

namespace {

/// What a client would see of an answer.
std::string outcome(OriginRig& rig, size_t bite = SIZE_MAX, int pieces = 3) {
  if (rig.answer.fault != OriginFault::none) {
    return "fault " + std::to_string(static_cast<int>(rig.answer.fault));
  }
  const http::Response& head = rig.answer.head;
  std::string text = rig.interim + std::to_string(head.status) + " " + std::string(head.reason);
  for (const http::Field& field : head.fields) {
    text.append("|").append(field.name).append("=").append(field.value);
  }
  text += "|" + rig.read_body(bite, pieces);
  if (const http::Fields* trailers = rig.body ? rig.body->trailers() : nullptr) {
    for (const http::Field& field : *trailers) {
      text.append("|").append(field.name).append("=").append(field.value);
    }
  }
  bool has_body = rig.body != nullptr;
  cr_assert(!has_body || rig.hold_gone, "the lease is over when the body is");
  return text + (rig.session->reusable() ? " kept" : "");
}

/// `text` comes in two parts, then the origin closes if asked to.
std::string asked(std::string_view text, size_t split, bool closes, const char* method = "GET") {
  OriginRig rig;
  rig.request.method = method;
  rig.ask();
  rig.answers(text.substr(0, std::min(split, text.size())));
  rig.turn();
  if (split < text.size()) rig.answers(text.substr(split));
  if (closes) rig.origin_closes();
  rig.finish();
  return outcome(rig);
}

std::string asked(std::string_view text, bool closes = false, const char* method = "GET") {
  std::string whole = asked(text, text.size(), closes, method);
  for (size_t split = 1; split < text.size(); ++split) {
    std::string parts = asked(text, split, closes, method);
    cr_assert(parts == whole, "cut at %zu: %s, not %s", split, parts.c_str(), whole.c_str());
  }
  for (size_t most = 1; most < text.size(); most += 1 + most / 8) {
    OriginRig rig;
    rig.request.method = method;
    rig.transport->most_read = most;
    rig.ask();
    rig.answers(text);
    if (closes) rig.origin_closes();
    rig.finish();
    std::string pieces = outcome(rig, most, 1);
    // What comes behind the answer may lie in the socket still.
    bool same = pieces == whole || pieces == whole + " kept";
    cr_assert(same, "at most %zu: %s, not %s", most, pieces.c_str(), whole.c_str());
  }
  return whole;
}

void is(const std::string& got, const std::string& expected) {
  cr_assert(got == expected, "%s, not %s", got.c_str(), expected.c_str());
}

std::string fault(OriginFault fault) { return "fault " + std::to_string(static_cast<int>(fault)); }

const std::string kInvalid = fault(OriginFault::invalid);
const std::string kClosed = fault(OriginFault::closed);

}  // namespace

// RFC 9112 §6.3, however the bytes are cut.
Test(client_session, a_body_of_known_length_ends_there) {
  is(asked("HTTP/1.1 200 OK\r\nContent-Length: 11\r\nA: b\r\n\r\nhello world"),
     "200 |Content-Length=11|A=b|hello world kept");
}

Test(client_session, a_chunked_body_is_decoded) {
  is(asked("HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n1\r\n \r\n5\r\nworld"
           "\r\n0\r\n\r\n"),
     "200 Fine|Transfer-Encoding=chunked|hello world kept");
}

Test(client_session, trailers_are_there_after_the_end) {
  is(asked(
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nContent-Length: "
         "7\r\nX-Two: 2\r\n\r\n"),
     "200 |Transfer-Encoding=Chunked|abc|X-Sum=1|X-Two=2 kept");
}

Test(client_session, bad_trailers_fail_the_body) {
  is(asked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX Sum: 1\r\n\r\n"),
     "200 |Transfer-Encoding=chunked|abc!");
  std::string many = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  is(asked(many + "\r\n", many.size(), false), "200 |Transfer-Encoding=chunked|abc!");
  std::string long_one = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: ";
  long_one += std::string(9000, 'x');
  for (size_t split : {size_t{40}, size_t{80}, size_t{4000}, long_one.size()}) {
    is(asked(long_one + "\r\n\r\n", split, false), "200 |Transfer-Encoding=chunked|abc!");
  }
  long_one.resize(7000);
  std::string got = asked(long_one + "\r\n\r\n", 80, false);
  is(got.substr(got.size() - 8), "xxx kept");
}

Test(client_session, without_framing_the_body_lasts_until_the_origin_closes) {
  is(asked("HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello", true), "200 |A=b|hello");
  is(asked("HTTP/1.0 200 OK\r\n\r\n", true), "200 |");
}

Test(client_session, http_1_0_keeps_the_connection_only_when_it_says_so) {  // RFC 9112 §9.3
  is(asked("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"), "200 |Content-Length=2|ok");
  is(asked("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok"),
     "200 |Connection=Keep-Alive|Content-Length=2|ok kept");
  is(asked("HTTP/1.1 200 OK\r\nConnection: a, Close\r\nContent-Length: 2\r\n\r\nok"),
     "200 |Connection=a, Close|Content-Length=2|ok");
}

Test(client_session, answers_without_content_have_no_body) {  // RFC 9110 §6.4.1
  is(asked("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, "HEAD"), "200 |Content-Length=5| kept");
  is(asked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, "HEAD"),
     "200 |Transfer-Encoding=chunked| kept");
  is(asked("HTTP/1.1 200 OK\r\n\r\n", false, "HEAD"), "200 | kept");
  is(asked("HTTP/1.1 204 No Content\r\n\r\n"), "204 | kept");
  is(asked("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), "304 |Content-Length=5| kept");
  is(asked("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "404 |Content-Length=0| kept");
  is(asked("HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n"), "204 |Content-Length=5|");
}

Test(client_session, a_reason_may_be_missing) {
  is(asked("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), "200 |Content-Length=0| kept");
  is(asked("HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"), "299 |Content-Length=0| kept");
}

Test(client_session, what_is_not_http_is_invalid) {
  for (std::string_view text : {
           "hello world, this is not HTTP\r\n\r\n",
           "<html>HTTP/0.9</html>",
           "\r\nHTTP/1.1 200 OK\r\n\r\n",
           "HTTP/2.0 200 OK\r\n\r\n",
           "http/1.1 200 OK\r\n\r\n",
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/1.1  200 OK\r\n\r\n",
           "HTTP/1.1 200 OK\nA: b\n\n",
           "HTTP/1.1 200 O\rK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
           "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
           "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA(b): c\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nok",
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 101 Switching Protocols\r\n\r\n",
       }) {
    is(asked(text), kInvalid);
  }
  is(asked(std::string_view("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", 27)), kInvalid);
}

Test(client_session, a_head_larger_than_its_buffer_is_invalid) {
  for (size_t size : {3000u, 4000u, 4059u, 4060u, 5000u, 20000u}) {
    OriginRig rig;
    rig.ask();
    rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: " + std::string(size, 'x') + "\r\n\r\n");
    rig.finish();
    bool fits = size + 17 + 19 + 3 + 4 <= 4096;
    cr_assert_eq(rig.answer.fault, fits ? OriginFault::none : OriginFault::invalid, "%zu", size);
    if (!fits) cr_assert(rig.answer.why == "upstream sent too big header");
  }
}

Test(client_session, too_many_fields_are_invalid) {
  OriginRig rig;
  rig.limits.max_headers = 3;
  rig.ask();
  rig.answers("HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n");
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::invalid);
}

Test(client_session, bad_chunks_fail_the_body_and_what_came_before_is_given) {
  is(asked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nx\r\n"),
     "200 |Transfer-Encoding=chunked|abc!");
  is(asked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n"),
     "200 |Transfer-Encoding=chunked|abc!");
  is(asked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"),
     "200 |Transfer-Encoding=chunked|!");
}

Test(client_session, an_early_close_is_never_a_complete_answer) {
  for (std::string_view text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n"}) {
    size_t head = text.find("\r\n\r\n") + 4;
    for (size_t size = 0; size < text.size(); ++size) {
      OriginRig rig;
      rig.ask();
      rig.answers(text.substr(0, size));
      rig.origin_closes();
      rig.finish();
      if (size < head) {
        cr_assert_eq(rig.answer.fault, OriginFault::closed, "%zu", size);
        cr_assert_eq(rig.session->bytes_received(), size);
        continue;
      }
      std::string body = rig.read_body();
      cr_assert(body.back() == '!' && std::string("hello").starts_with(body.substr(0, body.size() - 1)));
      cr_assert(!rig.session->reusable());
      cr_assert(rig.hold_gone);
    }
  }
}

Test(client_session, bytes_behind_the_answer_end_the_connection) {
  is(asked("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"), "200 |Content-Length=2|ok");
  is(asked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n!", 200, false),
     "200 |Transfer-Encoding=chunked|ok");
  is(asked("HTTP/1.1 204 No Content\r\n\r\nx", 200, false), "204 |");
}

// RFC 9110 §15.2
Test(client_session, interim_answers_are_heard_but_100) {
  is(asked("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\nLink: b\r\n\r\n"
           "HTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
     "103 Link=a Link=b;102;200 |Content-Length=2|ok kept");
}

Test(client_session, interim_answers_are_counted) {
  std::string interim;
  for (int i = 0; i < 16; ++i)
    interim += "HTTP/1.1 103 Early Hints\r\nLink: " + std::string(1000, 'a') + "\r\n\r\n";
  std::string end = "HTTP/1.1 204 No Content\r\n\r\n";
  std::string got = asked(interim + end, 100, false);
  is(got.substr(got.size() - 11), ";204 | kept");
  is(asked(interim + "HTTP/1.1 100 Continue\r\n\r\n" + end, 100, false), kInvalid);
}

Test(client_session, a_closed_connection_is_told_before_anything_came) {
  OriginRig rig;
  rig.origin_closes();
  rig.ask();
  rig.finish();
  cr_assert(rig.answer.fault == OriginFault::closed || rig.answer.fault == OriginFault::send);
  cr_assert_eq(rig.session->bytes_received(), 0u);
  cr_assert(!rig.session->reusable());
  rig.ask();
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::closed);
  is(kClosed, outcome(rig));
}

Test(client_session, a_body_of_many_chunks_is_named_in_pieces_and_its_end_is_known) {
  OriginRig rig;
  rig.ask();
  rig.answers(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n");
  rig.finish();
  iovec pieces[8];
  http::Peek peek = rig.body->peek(pieces);
  cr_assert_eq(peek.count, 3);
  cr_assert(peek.last);
  peek = rig.body->peek({pieces, 3});
  cr_assert_eq(peek.count, 3);
  cr_assert(peek.last);
  peek = rig.body->peek({pieces, 2});
  cr_assert_eq(peek.count, 2);
  cr_assert(!peek.last);
  rig.body->consume(2);
  peek = rig.body->peek(pieces);
  cr_assert_eq(peek.count, 2);
  cr_assert(peek.last);
  rig.body->consume(2);
  cr_assert_eq(rig.body->peek(pieces).state, http::Readiness::end);
}
