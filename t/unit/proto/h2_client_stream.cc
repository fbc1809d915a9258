#include <criterion/criterion.h>

#include "t/unit/proto/h2_origin.h"

using namespace h2_frames;
using http::Framing;
using http::OriginFault;

namespace {

struct Rig {
  Rig() { origin.says(settings() + settings_ack()); }
  void go() {
    ask.go();
    origin.turn();
  }
  const Heard::Stream& heard() { return origin.heard.streams.at(1); }

  event::Loop loop;
  H2Origin origin{loop};
  H2Ask ask{loop, *origin.session};
};

std::string text(const Lines& lines) {
  std::string all;
  for (const auto& [name, value] : lines) all += name + "=" + value + ";";
  return all;
}

}  // namespace

// ---- requests ----

// RFC 9113 §8.3.1, §8.2.2
Test(h2_client_stream, a_request_is_pseudo_fields_and_what_is_not_for_one_connection) {
  Rig rig;
  for (auto [name, value] : Lines{{"Host", "x"},
                                  {"X-Mixed", " a "},
                                  {"Connection", "close"},
                                  {"Keep-Alive", "1"},
                                  {"Upgrade", "x"},
                                  {"Transfer-Encoding", "chunked"},
                                  {"TE", "gzip, trailers"},
                                  {"Expect", "100-continue"}})
    rig.ask.fields.add(rig.ask.arena.copy(name), rig.ask.arena.copy(value));
  rig.go();
  std::string got = text(rig.heard().lines);
  cr_assert(got == ":method=GET;:scheme=http;:authority=origin;:path=/path?q;x-mixed=a;te=trailers;", "%s",
            got.c_str());
  cr_assert(rig.heard().ended);
}

Test(h2_client_stream, a_request_that_cannot_be_said_is_not_sent) {
  for (int i = 0; i < 3; ++i) {
    Rig rig;
    if (i == 0) rig.ask.request.target = "/a b";
    if (i == 1) rig.ask.request.method = "GET /";
    if (i == 2) rig.ask.request.authority = "a\nb";
    rig.go();
    cr_assert_eq(rig.ask.answer.fault, OriginFault::canceled);
    cr_assert(rig.origin.heard.streams.empty());
  }
}

Test(h2_client_stream, a_body_is_sent_as_the_window_allows) {
  Rig rig;
  rig.ask.uploads(100000);
  rig.ask.fed.text.assign(100000, 'u');
  rig.go();
  for (int i = 0; i < 10; ++i) rig.origin.turn();
  cr_assert_eq(rig.heard().body.size(), 65535);
  rig.origin.says(window_update(1, 1000) + window_update(0, 500));
  cr_assert_eq(rig.heard().body.size(), 66035);
  rig.origin.says(window_update(1, 100000) + window_update(0, 100000));
  cr_assert_eq(rig.heard().body.size(), 100000);
  cr_assert(rig.heard().ended);
  cr_assert(text(rig.heard().lines).ends_with("content-length=100000;"));
  cr_assert_not(rig.ask.fed.has_reader());
}

Test(h2_client_stream, a_body_of_unknown_length_ends_with_its_trailers) {
  Rig rig;
  http::Fields trailers(rig.ask.arena);
  trailers.add("X-Sum", "1");
  rig.ask.fed.fields = &trailers;
  rig.ask.uploads(std::nullopt);
  rig.ask.fed.text = "hello";
  rig.go();
  cr_assert(rig.heard().body == "hello" && !rig.heard().ended);
  rig.ask.fed.ended = true;
  rig.ask.fed.wake();
  rig.origin.turn();
  cr_assert(rig.heard().ended);
  cr_assert(text(rig.heard().trailers) == "x-sum=1;");
}

Test(h2_client_stream, a_body_that_fails_or_is_too_short_is_a_reset) {
  for (bool fails : {true, false}) {
    Rig rig;
    rig.ask.uploads(10);
    rig.ask.fed.text = "hello";
    rig.go();
    rig.ask.fed.failed = fails;
    rig.ask.fed.ended = !fails;
    rig.ask.fed.wake();
    rig.origin.turn();
    cr_assert_eq(rig.ask.answer.fault, OriginFault::canceled);
    cr_assert_eq(rig.heard().reset, NGHTTP2_CANCEL);
    cr_assert_not(rig.heard().ended);
  }
}

// RFC 9113 §8.1
Test(h2_client_stream, the_rest_of_the_body_goes_on_while_the_answer_is_read) {
  Rig rig;
  rig.ask.uploads(std::nullopt);
  rig.ask.fed.text = "ask";
  rig.go();
  rig.origin.says(headers(1, {{":status", "200"}}) + data(1, "reply"));
  rig.ask.read();
  cr_assert(rig.ask.text == "reply");
  rig.ask.fed.text = "more";
  rig.ask.fed.wake();
  rig.origin.turn();
  cr_assert(rig.heard().body == "askmore");
  rig.origin.says(data(1, "", true));
  rig.ask.read();
  cr_assert(rig.ask.ended);
}

// ---- answers ----

Test(h2_client_stream, an_answer_has_its_fields_its_body_and_its_trailers) {
  Rig rig;
  rig.go();
  rig.origin.says(headers(1, {{":status", "103"}, {"link", "</a>"}}));
  rig.origin.says(headers(1, {{":status", "200"}, {"x-one", "1"}}) + data(1, "body"));
  cr_assert(rig.ask.interim == "103 link=</a>;", "%s", rig.ask.interim.c_str());
  cr_assert_eq(rig.ask.answer.head.status, 200);
  cr_assert_eq(rig.ask.answer.head.framing, Framing::streamed);
  cr_assert(rig.ask.answer.head.fields.get("x-one") == "1");
  rig.origin.says(headers(1, {{"grpc-status", "0"}, {"content-type", "x"}}, true));
  rig.ask.read();
  cr_assert(rig.ask.text == "body" && rig.ask.ended);
  const http::Fields* trailers = rig.ask.body->trailers();
  cr_assert_not_null(trailers);
  cr_assert(trailers->get("grpc-status") == "0");
  cr_assert_eq(trailers->size(), 1, "what may not stand there is left out");
}

Test(h2_client_stream, its_lease_ends_with_the_last_byte_not_with_the_reader) {
  Rig rig;
  rig.go();
  rig.origin.says(headers(1, {{":status", "200"}}) + data(1, "body"));
  cr_assert_not(rig.ask.let_go);
  rig.origin.says(data(1, "", true));
  cr_assert(rig.ask.let_go);
  rig.ask.stream.reset();
  rig.ask.read();
  cr_assert(rig.ask.text == "body" && rig.ask.ended);
  cr_assert_eq(rig.heard().reset, -1);
}

Test(h2_client_stream, what_is_said_of_the_length_has_to_be_so) {
  for (std::string_view said : {"4", "6"}) {
    Rig rig;
    rig.go();
    rig.origin.says(headers(1, {{":status", "200"}, {"content-length", std::string(said)}}) +
                    data(1, "hello", true));
    rig.ask.read();
    cr_assert_not(rig.ask.ended);
    cr_assert(rig.ask.failed || rig.ask.answer.fault == OriginFault::invalid);
  }
}

Test(h2_client_stream, answers_without_a_body) {
  struct Case {
    const char* method;
    Lines lines;
    Framing framing;
  };
  for (const Case& each : {
           Case{"HEAD", {{":status", "200"}, {"content-length", "9"}}, Framing::length},
           Case{"GET", {{":status", "204"}}, Framing::none},
           Case{"GET", {{":status", "304"}, {"content-length", "9"}}, Framing::none},
           Case{"GET", {{":status", "200"}}, Framing::length},
       }) {
    Rig rig;
    rig.ask.request.method = each.method;
    rig.go();
    rig.origin.says(headers(1, each.lines, true));
    cr_assert_eq(rig.ask.answer.fault, OriginFault::none);
    cr_assert_eq(rig.ask.answer.head.framing, each.framing);
    cr_assert_null(rig.ask.body.get());
  }
}

Test(h2_client_stream, what_is_no_answer_is_a_fault_of_that_request_alone) {
  struct Case {
    const char* name;
    std::string frames;
    OriginFault fault;
  };
  for (const Case& each : {
           Case{"no :status", headers(1, {{"x", "y"}}), OriginFault::invalid},
           Case{":status twice", headers(1, {{":status", "200"}, {":status", "200"}}), OriginFault::invalid},
           Case{":status late", headers(1, {{"x", "y"}, {":status", "200"}}), OriginFault::invalid},
           Case{"another pseudo-field", headers(1, {{":status", "200"}, {":path", "/"}}),
                OriginFault::invalid},
           Case{"upper case", headers(1, {{":status", "200"}, {"X-Upper", "x"}}), OriginFault::invalid},
           Case{"Connection", headers(1, {{":status", "200"}, {"connection", "close"}}),
                OriginFault::invalid},
           Case{"a length that is none", headers(1, {{":status", "200"}, {"content-length", "x"}}),
                OriginFault::invalid},
           Case{"101", headers(1, {{":status", "101"}}), OriginFault::invalid},
           Case{"an end with 103", headers(1, {{":status", "103"}}, true), OriginFault::invalid},
           Case{"a head that is too large", headers(1, {{":status", "200"}, {"x", std::string(5000, 'y')}}),
                OriginFault::invalid},
           Case{"a reset", rst_stream(1, NGHTTP2_INTERNAL_ERROR), OriginFault::closed},
           Case{"a refusal", rst_stream(1, NGHTTP2_REFUSED_STREAM), OriginFault::refused},
       }) {
    Rig rig;
    rig.go();
    rig.origin.says(each.frames);
    cr_assert_eq(rig.ask.answer.fault, each.fault, "%s: %d", each.name,
                 static_cast<int>(rig.ask.answer.fault));
    cr_assert(rig.origin.session->accepts(), "%s", each.name);
    H2Ask next(rig.loop, *rig.origin.session);
    next.go();
    rig.origin.turn();
    rig.origin.says(headers(3, {{":status", "200"}}, true));
    cr_assert_eq(next.answer.fault, OriginFault::none, "%s", each.name);
  }
}

Test(h2_client_stream, more_interim_answers_than_anybody_needs_are_a_fault) {
  Rig rig;
  rig.go();
  for (int i = 0; i <= http::kMaxInterim; ++i) rig.origin.says(headers(1, {{":status", "103"}}));
  cr_assert_eq(rig.ask.answer.fault, OriginFault::invalid);
}

// RFC 9113 §5.2
Test(h2_client_stream, the_window_is_given_back_for_what_was_read) {
  Rig rig;
  rig.go();
  rig.origin.says(headers(1, {{":status", "200"}}));
  for (int i = 0; i < 16; ++i) rig.origin.says(data(1, std::string(16384, 'd')));
  cr_assert_eq(rig.heard().window, 0, "nobody reads: no more may come");
  rig.ask.read(200000);
  rig.origin.turn();
  cr_assert_geq(rig.heard().window, 131072);
  cr_assert_leq(rig.heard().window, 200000);
}

// ---- who gives up ----

Test(h2_client_stream, who_is_canceled_resets_it) {
  Rig rig;
  rig.go();
  rig.ask.give_up();
  rig.origin.turn();
  cr_assert_eq(rig.ask.answer.fault, OriginFault::canceled);
  cr_assert_eq(rig.heard().reset, NGHTTP2_CANCEL);
}

Test(h2_client_stream, a_body_that_nobody_wants_resets_it) {
  Rig rig;
  rig.go();
  rig.origin.says(headers(1, {{":status", "200"}}) + data(1, "part"));
  rig.ask.body.reset();
  cr_assert(rig.ask.let_go);
  rig.ask.stream.reset();
  rig.origin.turn();
  cr_assert_eq(rig.heard().reset, NGHTTP2_CANCEL);
}

// ---- time ----

Test(h2_client_stream, no_answer_in_time_is_a_read_timeout) {
  Rig rig;
  rig.go();
  rig.origin.pass(59000);
  cr_assert_not(rig.ask.fetched);
  rig.origin.pass(1001);
  cr_assert_eq(rig.ask.answer.fault, OriginFault::read_timeout);
  cr_assert(rig.origin.session->accepts(), "the connection serves others");
}

Test(h2_client_stream, an_origin_that_gives_no_window_is_a_send_timeout) {
  Rig rig;
  rig.ask.uploads(100000);
  rig.ask.fed.text.assign(100000, 'u');
  rig.go();
  rig.origin.pass(59000);
  cr_assert_not(rig.ask.fetched);
  rig.origin.pass(1001);
  cr_assert_eq(rig.ask.answer.fault, OriginFault::send_timeout);
  cr_assert_eq(rig.heard().reset, NGHTTP2_CANCEL);
}

Test(h2_client_stream, a_client_that_uploads_slowly_is_no_timeout_of_the_origin) {
  Rig rig;
  rig.ask.uploads(std::nullopt);
  rig.go();
  rig.origin.pass(600000);
  cr_assert_not(rig.ask.fetched);
}

Test(h2_client_stream, a_body_times_out_only_while_its_reader_waits) {
  Rig rig;
  rig.go();
  rig.origin.says(headers(1, {{":status", "200"}}) + data(1, "part"));
  rig.origin.pass(600000);
  rig.ask.read();
  cr_assert(rig.ask.text == "part" && !rig.ask.failed);
  rig.origin.pass(60001);
  rig.ask.read();
  cr_assert(rig.ask.failed);
}
