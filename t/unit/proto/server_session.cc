#include "proto/h1/server_session.h"

#include <fmt/format.h>

#include <random>

#include "t/unit/proto/server_rig.h"

using http::Framing;
using http::StreamEnd;
using rig::Rig;
using rig::SlowBody;

namespace {

std::string ok(std::string_view text, std::string_view fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n" + std::string(fields) +
         "\r\n" + std::string(text);
}

void expect(const std::string& got, const std::string& wanted) {
  cr_assert(got == wanted, "got:\n%s\nwanted:\n%s", got.c_str(), wanted.c_str());
}

// The answer to bytes however they are cut.
std::string answer_to(std::string_view bytes, bool* closed = nullptr) {
  std::string whole;
  for (size_t step : {size_t{100000}, size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{16}, size_t{50}}) {
    Rig rig;
    std::string got = rig.exchange(bytes, step);
    if (step == 100000) whole = got;
    cr_assert(got == whole, "step %zu: %s", step, got.c_str());
    if (closed != nullptr) *closed = rig.closed;
  }
  return whole;
}

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

Test(server_session, a_request_is_answered_and_the_connection_stays) {
  Rig rig;
  expect(rig.exchange(kGet), ok("/a"));
  cr_assert(!rig.closed && rig.session->is_idle());
  expect(rig.exchange(kGet), ok("/a"));
  cr_assert(rig.ends == (std::vector{StreamEnd::complete, StreamEnd::complete}));
  cr_assert_eq(rig.bytes_sent, ok("/a").size());
}

Test(server_session, pipelined_requests_are_answered_in_order) {
  std::string got = answer_to(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\nT: "
      "1\r\n\r\n"
      "\r\nGET /4 HTTP/1.1\r\nHost: h\r\n\r\n");
  expect(got, (ok("/1") + ok("abc") + ok("def[T=1]") + ok("/4")));
}

Test(server_session, a_body_nobody_reads_is_passed_over) {
  bool closed = true;
  std::string got = answer_to(
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345"
      "POST /y HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
      "GET /z HTTP/1.1\r\nHost: h\r\n\r\n",
      &closed);
  expect(got, (ok("/x") + ok("/y") + ok("/z")));
  cr_assert(!closed);
}

Test(server_session, what_is_refused_is_answered_and_closed) {
  const std::pair<std::string_view, int> cases[] = {
      {"GET /a HTTP/1.1\r\n\r\n", 400},
      {"GET /a HTTP/1.1\nHost: h\n\n", 400},
      {"GET /a HTTP/1.1\r\nHost : h\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
      {"GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"GET /a HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"GET /a\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA : b\r\n\r\n",
       400},
  };
  for (auto [bytes, status] : cases) {
    Rig rig;
    std::string got = rig.exchange(bytes);
    std::string start = "HTTP/1.1 " + std::to_string(status) + " ";
    cr_assert(got.starts_with(start), "%.*s gave %s", int(bytes.size()), bytes.data(), got.c_str());
    cr_assert(got.find("Connection: close\r\n") != std::string::npos);
    cr_assert(got.find("HTTP/1.1", 1) == std::string::npos, "one answer only: %s", got.c_str());
    cr_assert(rig.closed);
    shutdown(rig.client, SHUT_WR);
    rig.drain();
    cr_assert(rig.ended);
  }
}

Test(server_session, an_error_can_be_read_while_the_client_still_sends) {  // lingering_close
  Rig rig;
  std::string body(100000, 'x');
  std::string got = rig.exchange("GET /a HTTP/1.1\r\n\r\n" + body);
  cr_assert(got.starts_with("HTTP/1.1 400 "));
  cr_assert(!rig.reset && !rig.ended);
  ::close(rig.client);
  rig.client = -1;
  for (int i = 0; i < 50 && !rig.ended; i++) rig.turn();
  cr_assert(rig.ended);
}

Test(server_session, head_limits_have_their_statuses) {
  for (auto [bytes, status] : {std::pair{"GET /" + std::string(9000, 'a'), "414"},
                               std::pair{"GET / HTTP/1.1\r\nA: " + std::string(9000, 'a'), "431"}}) {
    Rig rig;
    std::string got = rig.exchange(bytes);
    cr_assert(got.starts_with("HTTP/1.1 " + std::string(status)), "%s", got.c_str());
  }
  Rig large;
  std::string head = "GET /big HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 4; i++) head += fmt::format("A: {:v>7000}\r\n", "");
  expect(large.exchange(head + "\r\n" + std::string(kGet), 1000), (ok("/big") + ok("/a")));
}

Test(server_session, versions_and_connection_decide_what_follows) {
  bool closed = false;
  expect(answer_to("GET /a HTTP/1.0\r\n\r\n", &closed), ok("/a", "Connection: close\r\n"));
  cr_assert(closed);
  expect(answer_to("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &closed),
         ok("/a", "Connection: keep-alive\r\n"));
  cr_assert(!closed);
  expect(answer_to("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /b", &closed),
         ok("/a", "Connection: close\r\n"));
  cr_assert(closed);
}

Test(server_session, keepalive_requests_ends_the_connection) {
  Rig rig;
  rig.configure = [](http::StreamPolicy& policy) {
    policy.keepalive_requests = 2;
    policy.keepalive_header = base::Duration(9000);
  };
  std::string got = rig.exchange(std::string(kGet) + std::string(kGet) + std::string(kGet));
  expect(got, (ok("/a", "Connection: keep-alive\r\nKeep-Alive: timeout=9\r\n") +
               ok("/a", "Connection: close\r\n")));
  cr_assert(rig.closed);
}

Test(server_session, a_draining_session_takes_one_more_request) {
  Rig rig;
  rig.exchange(kGet);
  rig.session->drain();
  rig.drain();
  cr_assert(!rig.closed);
  expect(rig.exchange(kGet), ok("/a", "Connection: close\r\n"));
  cr_assert(rig.closed && rig.ended);
}

Test(server_session, head_answers_have_no_body) {
  std::string got = answer_to("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  expect(got, ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + ok("/a")));
}

Test(server_session, statuses_without_content_say_no_length) {  // RFC 9110 §8.6
  for (int status : {204, 304}) {
    Rig rig;
    rig.custom = [&](http::Stream& stream) {
      rig.answer(stream, status, "text");
      return true;
    };
    std::string got = rig.exchange(kGet);
    cr_assert(got.find("Content-Length") == std::string::npos && got.ends_with("\r\n\r\n"), "%s",
              got.c_str());
  }
}

Test(server_session, a_streamed_body_is_chunked_as_it_comes) {
  Rig rig;
  auto* body = new SlowBody;
  base::Arena arena;
  http::Fields trailers(arena);
  trailers.add("X-Sum", "7");
  body->fields = &trailers;
  rig.custom = [&](http::Stream& stream) {
    http::Response head(stream.arena());
    head.status = 200;
    head.framing = Framing::streamed;
    stream.respond(head, http::BodyPtr(body));
    return true;
  };
  expect(rig.exchange(kGet), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  body->give(rig.loop, "hello, world, 16");
  expect(rig.drain(), "10\r\nhello, world, 16\r\n");
  body->give(rig.loop, "x", true);
  expect(rig.drain(), "1\r\nx\r\n0\r\nX-Sum: 7\r\n\r\n");
  cr_assert(rig.ends == std::vector{StreamEnd::complete} && !rig.closed);
}

Test(server_session, a_streamed_body_ends_an_old_clients_connection) {
  Rig rig;
  rig.custom = [&](http::Stream& stream) {
    http::Response head(stream.arena());
    head.status = 200;
    head.framing = Framing::streamed;
    stream.respond(head, std::make_unique<http::StringBody>("text"));
    return true;
  };
  expect(rig.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
         "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntext");
  cr_assert(rig.closed);
}

Test(server_session, a_body_that_fails_midway_never_looks_complete) {
  for (Framing framing : {Framing::streamed, Framing::length}) {
    Rig rig;
    auto* body = new SlowBody;
    rig.custom = [&](http::Stream& stream) {
      http::Response head(stream.arena());
      head.status = 200;
      head.framing = framing;
      head.content_length = 100;
      stream.respond(head, http::BodyPtr(body));
      return true;
    };
    rig.exchange(kGet);
    body->give(rig.loop, "part");
    rig.drain();
    body->fail(rig.loop);
    std::string got = rig.drain();
    cr_assert(rig.closed && rig.ended && got.find("0\r\n\r\n") == std::string::npos);
    cr_assert(rig.ends == std::vector{StreamEnd::body_failed});
  }
}

Test(server_session, a_body_shorter_than_its_length_is_cut_off) {
  Rig rig;
  rig.custom = [&](http::Stream& stream) {
    http::Response head(stream.arena());
    head.status = 200;
    head.framing = Framing::length;
    head.content_length = 10;
    stream.respond(head, std::make_unique<http::StringBody>("short"));
    return true;
  };
  rig.exchange(kGet);
  cr_assert(rig.closed && rig.ends == std::vector{StreamEnd::body_failed});
}

Test(server_session, values_cannot_begin_a_line_of_their_own) {  // RFC 9110 §5.5
  Rig rig;
  rig.custom = [&](http::Stream& stream) {
    http::Response head(stream.arena());
    head.status = 302;
    head.fields.add("Location", "/a\r\nSet-Cookie: x");
    stream.respond(head, nullptr);
    return true;
  };
  expect(rig.exchange(kGet),
         "HTTP/1.1 302 Found\r\nLocation: /a  Set-Cookie: x\r\nContent-Length: 0\r\n\r\n");
}

Test(server_session, continue_is_sent_when_the_body_is_read) {  // RFC 9110 §10.1.1
  Rig rig;
  const std::string head =
      "PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  expect(rig.exchange(head), "HTTP/1.1 100 Continue\r\n\r\n");
  expect(rig.exchange("abc"), ok("abc"));
  std::string at_once = head;
  at_once.append("abc");
  expect(rig.exchange(at_once), ok("abc"));  // it did not wait
}

Test(server_session, a_final_answer_instead_of_continue_ends_the_connection) {
  Rig rig;
  std::string got =
      rig.exchange("PUT /no HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  expect(got, ok("/no", "Connection: close\r\n"));
  cr_assert(rig.closed);
}

Test(server_session, interim_answers_go_before_the_final_one) {
  Rig rig;
  rig.custom = [&](http::Stream& stream) {
    http::Response hints(stream.arena());
    hints.status = 103;
    hints.fields.add("Link", "</x>");
    stream.inform(hints);
    rig.answer(stream, 200, "x");
    return true;
  };
  expect(rig.exchange(kGet), ("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok("x")));
  expect(rig.exchange("GET / HTTP/1.0\r\n\r\n"), ok("x", "Connection: close\r\n"));
}

Test(server_session, a_body_over_its_limit_is_413) {
  for (std::string_view body :
       {"6\r\nabcdef\r\n0\r\n\r\n", "5\r\nabcde\r\n1\r\nf\r\n0\r\n\r\n", "ffffff\r\n"}) {
    Rig rig;
    rig.configure = [](http::StreamPolicy& policy) { policy.max_body_size = 5; };
    std::string got = rig.exchange(
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body), 10);
    cr_assert(got.starts_with("HTTP/1.1 413 ") && rig.closed, "%s", got.c_str());
  }
}

Test(server_session, an_upgrade_makes_both_sides_raw) {
  Rig rig;
  auto* body = new SlowBody;
  rig.custom = [&](http::Stream& stream) {
    cr_assert(stream.request().upgrade == "websocket");
    http::Response head(stream.arena());
    head.status = 101;
    head.fields.add("Upgrade", "websocket");
    stream.respond(head, http::BodyPtr(body));
    rig.collector = std::make_unique<rig::Collector>(stream);
    rig.collector->done = [] {};
    rig.collector->pull();
    return true;
  };
  expect(rig.exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nearly"),
         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
  expect(rig.collector->text, "early");
  body->give(rig.loop, "to client");
  expect(rig.exchange(", later"), "to client");
  expect(rig.collector->text, "early, later");
  shutdown(rig.client, SHUT_WR);
  rig.drain();
  cr_assert(rig.ends.empty() && !rig.collector->failed);
  body->give(rig.loop, "bye", true);
  expect(rig.drain(), "bye");
  cr_assert(rig.closed && rig.ends == std::vector{StreamEnd::complete});
}

Test(server_session, a_client_that_leaves_while_it_waits_is_noticed) {
  Rig rig;
  rig.custom = [](http::Stream&) { return true; };
  rig.exchange(kGet);
  cr_assert(rig.ends.empty());
  ::close(rig.client);
  rig.client = -1;
  for (int i = 0; i < 20; i++) rig.turn();
  cr_assert(rig.ends == std::vector{StreamEnd::client_gone} && rig.ended);
}

Test(server_session, a_client_that_leaves_in_its_body_is_noticed) {
  Rig rig;
  rig.exchange("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  ::close(rig.client);
  rig.client = -1;
  for (int i = 0; i < 20; i++) rig.turn();
  cr_assert(rig.ends == std::vector{StreamEnd::client_gone} && rig.ended);
}

Test(server_session, the_handler_may_keep_the_stream_for_a_while) {
  Rig rig;
  rig.hold = true;
  expect(rig.exchange(std::string(kGet) + std::string(kGet)), ok("/a"));
  cr_assert_eq(rig.seen.size(), 1);
  rig.hold = false;
  rig.current->release();
  expect(rig.drain(), ok("/a"));
}

Test(server_session, a_released_stream_after_the_client_left_ends_the_session) {
  Rig rig;
  rig.custom = [](http::Stream&) { return true; };
  rig.hold = true;
  rig.exchange(kGet);
  ::close(rig.client);
  rig.client = -1;
  for (int i = 0; i < 20; i++) rig.turn();
  cr_assert(rig.ends.size() == 1 && !rig.ended);
  rig.answer(*rig.current, 200, "too late");
  rig.current->release();
  for (int i = 0; i < 20; i++) rig.turn();
  cr_assert(rig.ended);
}

Test(server_session, slow_heads_time_out_with_408) {
  Rig rig;
  rig.limits.header_timeout = base::Duration(30);
  std::string got = rig.exchange("GET /a HT");
  rig.wait_until([&] {
    rig.receive(got);
    return rig.closed;
  });
  cr_assert(got.starts_with("HTTP/1.1 408 "), "%s", got.c_str());
}

Test(server_session, a_silent_connection_is_closed_without_a_word) {
  Rig rig;
  rig.limits.header_timeout = base::Duration(30);
  std::string got = rig.exchange("");
  rig.wait_until([&] {
    rig.receive(got);
    return rig.closed;
  });
  cr_assert(got.empty() && rig.seen.empty());
}

Test(server_session, slow_bodies_time_out_with_408) {
  Rig rig;
  rig.configure = [](http::StreamPolicy& policy) { policy.body_timeout = base::Duration(30); };
  std::string got = rig.exchange("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  rig.wait_until([&] {
    rig.receive(got);
    return rig.closed;
  });
  cr_assert(got.starts_with("HTTP/1.1 408 "), "%s", got.c_str());
}

Test(server_session, idle_connections_end_after_keepalive_timeout) {
  Rig rig;
  rig.configure = [](http::StreamPolicy& policy) { policy.keepalive_timeout = base::Duration(30); };
  std::string got = rig.exchange(kGet);
  expect(got, ok("/a"));
  rig.wait_until([&] {
    rig.receive(got);
    return rig.ended;
  });
  expect(got, ok("/a"));
}

Test(server_session, a_client_that_takes_nothing_is_cut_off) {
  Rig rig;
  rig.configure = [](http::StreamPolicy& policy) { policy.send_timeout = base::Duration(30); };
  rig.custom = [&](http::Stream& stream) {
    rig.answer(stream, 200, std::string(4 << 20, 'x'));
    return true;
  };
  rig.begin();
  cr_assert(::send(rig.client, kGet.data(), kGet.size(), 0) > 0);
  rig.wait_until([&] { return !rig.ends.empty(); });
  cr_assert(rig.ends == std::vector{StreamEnd::timed_out});
}

Test(server_session, a_large_body_goes_out_whole) {
  Rig rig;
  std::string text(5 << 20, 'x');
  for (size_t i = 0; i < text.size(); i++) text[i] = static_cast<char>('a' + i % 23);
  rig.custom = [&](http::Stream& stream) {
    rig.answer(stream, 200, text);
    return true;
  };
  cr_assert(rig.exchange(kGet) == ok(text));
}

Test(server_session, a_client_that_drips_is_cut_off) {
  Rig rig;
  std::string head = fmt::format("GET /a HTTP/1.1\r\nHost: h\r\nX: {:x>600}", "");
  std::string got = rig.exchange(head, 1);
  cr_assert(got.starts_with("HTTP/1.1 408 "), "%s", got.c_str());
  Rig body;
  got = body.exchange("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n");
  got = body.exchange(std::string(600, 'x'), 1);
  cr_assert(got.starts_with("HTTP/1.1 408 "), "%s", got.c_str());
}

Test(server_session, small_requests_are_no_drips) {
  Rig rig;
  for (int i = 0; i < 600; i++) expect(rig.exchange(kGet), ok("/a"));
}

Test(server_session, limit_rate_slows_the_body) {
  Rig rig;
  rig.configure = [](http::StreamPolicy& policy) { policy.limit_rate = 10000; };
  rig.custom = [&](http::Stream& stream) {
    rig.answer(stream, 200, std::string(11000, 'x'));
    return true;
  };
  std::string got = rig.exchange(kGet);
  cr_assert(got.size() < 10500 && rig.ends.empty(), "%zu", got.size());
  rig.wait_until([&] {
    rig.receive(got);
    return !rig.ends.empty();
  });
  cr_assert(got.size() > 11000);
}

Test(server_session, shutting_down_ends_what_is_under_way) {
  Rig rig;
  rig.custom = [](http::Stream&) { return true; };
  rig.exchange(kGet);
  rig.session->shut_down();
  rig.drain();
  cr_assert(rig.ended && rig.ends == std::vector{StreamEnd::shut_down});
}

// Requests with a few bytes changed, moved or lost: whatever comes of it, the answers do not depend on how
// the bytes are cut, and nothing behind a refused request is ever answered.
Test(server_session, changed_requests_give_the_same_answers_however_they_are_cut, .timeout = 120) {
  const std::string corpus[] = {
      "GET /1 HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: "
      "3\r\n\r\nabcGET /2 "
      "HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\nT: "
      "1\r\n\r\nHEAD /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
      "PUT /skip HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET "
      "http://o/4 "
      "HTTP/1.1\r\nHost: h\r\n\r\n",
  };
  const char bytes[] = "\r\n :;0159afXx,\0\t/%*";
  std::minstd_rand random(7);
  for (int round = 0; round < 400; round++) {
    std::string text = corpus[random() % 3];
    for (unsigned i = 0, changes = 1 + random() % 3; i < changes; i++) {
      size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = bytes[random() % (sizeof bytes - 1)]; break;
        case 1: text.insert(at, 1, bytes[random() % (sizeof bytes - 1)]); break;
        case 2: text.erase(at, 1 + random() % 3); break;
        default: text.insert(at, text.substr(random() % text.size(), random() % 20)); break;
      }
    }
    std::string whole = Rig().exchange(text);
    for (size_t step : {size_t{1}, 2 + random() % 30}) {
      std::string cut = Rig().exchange(text, step);
      cr_assert(cut == whole, "step %zu of\n%s\ngave\n%s\nnot\n%s", step, text.c_str(), cut.c_str(),
                whole.c_str());
    }
    size_t refused = whole.find("HTTP/1.1 4");
    if (refused != std::string::npos) {
      cr_assert(whole.find("HTTP/1.1 2", refused + 1) == std::string::npos, "%s\ngave\n%s", text.c_str(),
                whole.c_str());
    }
  }
}

Test(server_session, an_idle_session_is_small) {
  cr_assert(sizeof(h1::ServerSession) + sizeof(net::TcpTransport) <= 800, "%zu + %zu",
            sizeof(h1::ServerSession), sizeof(net::TcpTransport));
}
