#include <criterion/criterion.h>

#include "t/unit/proto/h2_origin.h"

using namespace h2_frames;
using http::OriginFault;

namespace {

struct Rig {
  event::Loop loop;
  H2Origin origin{loop};
  std::unique_ptr<H2Ask> ask() {
    auto made = std::make_unique<H2Ask>(loop, *origin.session);
    made->go();
    origin.turn();
    return made;
  }
};

}  // namespace

Test(h2_client_session, greets_with_its_settings_and_one_window_for_all) {
  Rig rig;
  rig.origin.turn();
  Heard& heard = rig.origin.heard;
  cr_assert_eq(heard.settings.at(NGHTTP2_SETTINGS_ENABLE_PUSH), 0);
  cr_assert_eq(heard.settings.at(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE), h2::ClientSession::kStreamWindow);
  cr_assert_eq(heard.window, uint64_t{h2::ClientSession::kMaxStreams} * h2::ClientSession::kStreamWindow);
}

Test(h2_client_session, takes_requests_once_the_settings_of_the_origin_have_come) {
  Rig rig;
  rig.origin.turn();
  cr_assert_not(rig.origin.session->accepts());
  auto early = rig.ask();
  cr_assert_eq(early->answer.fault, OriginFault::refused);
  rig.origin.says(settings());
  cr_assert(rig.origin.session->accepts());
  rig.origin.says(settings());
  cr_assert_eq(rig.origin.opened, 1);
  cr_assert_eq(rig.origin.heard.settings_acks, 2);
}

Test(h2_client_session, as_many_streams_as_both_sides_bear) {
  Rig rig;
  rig.origin.says(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 3}}));
  cr_assert_eq(rig.origin.session->stream_limit(), 3);
  rig.origin.says(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000000}}));
  cr_assert_eq(rig.origin.session->stream_limit(), h2::ClientSession::kMaxStreams);
}

// RFC 9113 §6.8
Test(h2_client_session, goaway_ends_what_is_above_and_lets_the_rest_go_on) {
  Rig rig;
  rig.origin.says(settings());
  auto below = rig.ask();
  auto above = rig.ask();
  rig.origin.says(goaway(1, NGHTTP2_NO_ERROR));
  cr_assert(above->fetched);
  cr_assert_eq(above->answer.fault, OriginFault::refused);
  cr_assert_not(below->fetched);
  cr_assert_not(rig.origin.session->accepts());
  cr_assert_eq(rig.origin.ended, 1);
  rig.origin.says(headers(1, {{":status", "200"}}) + data(1, "whole", true));
  below->read();
  cr_assert(below->text == "whole" && below->ended);
}

Test(h2_client_session, its_end_is_told_once_and_each_request_hears_of_it) {
  Rig rig;
  rig.origin.says(settings());
  auto waiting = rig.ask();
  auto reading = rig.ask();
  rig.origin.says(headers(3, {{":status", "200"}}) + data(3, "part"));
  rig.origin.transport->ended = true;
  rig.origin.turn();
  rig.origin.turn();
  cr_assert_eq(waiting->answer.fault, OriginFault::closed);
  reading->read();
  cr_assert(reading->failed, "it does not look whole");
  cr_assert_eq(rig.origin.ended, 1);
  cr_assert_eq(rig.origin.session->fault(), OriginFault::closed);
  auto late = rig.ask();
  cr_assert_eq(late->answer.fault, OriginFault::refused);
}

Test(h2_client_session, a_request_that_was_not_sent_may_go_out_elsewhere) {
  Rig rig;
  rig.origin.says(settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}}) + window_update(0, 1 << 20));
  rig.origin.transport->room = 0;
  H2Ask large(rig.loop, *rig.origin.session);
  large.uploads(100000);
  large.fed.text.assign(100000, 'u');
  large.go();
  rig.origin.turn();
  auto ask = rig.ask();  // waits behind it
  rig.origin.transport->reset = true;
  rig.origin.turn();
  rig.origin.turn();
  cr_assert_eq(large.answer.fault, OriginFault::closed);
  cr_assert_eq(ask->answer.fault, OriginFault::refused);
}

Test(h2_client_session, what_the_origin_said_before_it_closed_is_heard) {
  Rig rig;
  rig.origin.says(settings());
  auto first = rig.ask();
  auto second = rig.ask();
  rig.origin.transport->in = goaway(1, NGHTTP2_NO_ERROR);
  rig.origin.transport->ended = true;
  rig.origin.session->look();
  rig.origin.turn();
  cr_assert_eq(first->answer.fault, OriginFault::closed);
  cr_assert_eq(second->answer.fault, OriginFault::refused);
}

Test(h2_client_session, what_is_no_http2_ends_it) {
  struct Case {
    const char* name;
    std::string bytes;
  };
  for (const Case& each : {
           Case{"HTTP/1.1", "HTTP/1.1 400 Bad Request\r\n\r\n"},
           Case{"no SETTINGS first", frame(NGHTTP2_PING, 0, 0, "12345678")},
           Case{"SETTINGS of a wrong size", settings() + frame(NGHTTP2_SETTINGS, 0, 0, "12345")},
           Case{"SETTINGS of a stream", settings() + frame(NGHTTP2_SETTINGS, 0, 1)},
           Case{"a frame that is too large", settings() + data(1, std::string(16385, 'x'))},
           Case{"PING of a wrong size", settings() + frame(NGHTTP2_PING, 0, 0, "1")},
           Case{"a window beyond 2^31-1", settings() + window_update(0, INT32_MAX)},
           Case{"DATA of stream 0", settings() + data(0, "x")},
           Case{"DATA of a stream that is idle", settings() + data(9, "x")},
           Case{"PUSH_PROMISE",
                settings() + frame(NGHTTP2_PUSH_PROMISE, 4, 1, number(2, 4) + block({{":method", "GET"}}))},
           Case{"CONTINUATION of nothing", settings() + frame(NGHTTP2_CONTINUATION, 4, 1)},
           Case{"another frame inside a head", settings() +
                                                   frame(NGHTTP2_HEADERS, 0, 1, block({{":status", "200"}})) +
                                                   frame(NGHTTP2_PING, 0, 0, "12345678")},
           Case{"HPACK that is broken",
                settings() + frame(NGHTTP2_HEADERS, 4, 1, "\xff\xff\xff\xff\xff\xff")},
       }) {
    Rig rig;
    rig.origin.turn();
    std::unique_ptr<H2Ask> ask;
    if (each.bytes.starts_with(settings())) {
      rig.origin.says(settings() + settings_ack());
      ask = rig.ask();
      rig.origin.says(std::string_view(each.bytes).substr(settings().size()));
    } else {
      rig.origin.says(each.bytes);
    }
    rig.origin.turn();
    cr_assert_eq(rig.origin.session->fault(), OriginFault::invalid, "%s", each.name);
    cr_assert_not(rig.origin.session->why().empty(), "%s", each.name);
    cr_assert_gt(rig.origin.heard.goaway, 0, "%s: the origin is told", each.name);
    cr_assert_eq(rig.origin.ended, 1, "%s", each.name);
    if (ask) cr_assert_eq(ask->answer.fault, OriginFault::invalid, "%s", each.name);
  }
}

// RFC 9113 §10.5
Test(h2_client_session, floods_end_it) {
  struct Case {
    const char* name;
    std::string once;
  };
  for (const Case& each : {
           Case{"PING", frame(NGHTTP2_PING, 0, 0, "12345678")},
           Case{"SETTINGS", settings()},
           Case{"WINDOW_UPDATE", window_update(0, 1)},
           Case{"empty DATA", data(1, "")},
           Case{"unknown frames", frame(77, 0, 0, "x")},
           Case{"PRIORITY", frame(NGHTTP2_PRIORITY, 0, 1, "12345")},
           Case{"interim responses", headers(1, {{":status", "103"}})},
           Case{"RST_STREAM of what is gone", rst_stream(3, 8)},
           Case{"GOAWAY", goaway(1, 0)},
       }) {
    Rig rig;
    rig.origin.says(settings());
    auto ask = rig.ask();
    rig.ask()->give_up();
    rig.origin.says(headers(1, {{":status", "103"}}));
    std::string flood;
    for (int i = 0; i < 100; ++i) flood += each.once;
    size_t said = 0;
    for (; said < 262144 && !ask->fetched; said += flood.size()) rig.origin.says(flood);
    cr_assert_lt(said, 262144, "%s", each.name);
    cr_assert_eq(ask->answer.fault, OriginFault::invalid, "%s", each.name);
  }
}

Test(h2_client_session, an_origin_that_takes_no_answers_to_pings_costs_no_memory) {
  Rig rig;
  rig.origin.says(settings());
  auto ask = rig.ask();
  rig.origin.transport->room = 0;
  std::string pings;
  for (int i = 0; i < 300; ++i) pings += frame(NGHTTP2_PING, 0, 0, "12345678");
  rig.origin.says(pings);
  cr_assert_eq(ask->answer.fault, OriginFault::invalid);
}

Test(h2_client_session, says_goodbye_when_it_is_closed) {
  Rig rig;
  rig.origin.says(settings());
  rig.origin.session->close();
  rig.origin.heard.take(rig.origin.transport->out);
  cr_assert_eq(rig.origin.heard.goaway, NGHTTP2_NO_ERROR);
  cr_assert(rig.origin.transport->closed);
  cr_assert_not(rig.origin.session->accepts());
}

Test(h2_client_session, waits_for_room_in_the_socket_and_goes_on) {
  Rig rig;
  rig.origin.says(settings({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}}) + window_update(0, 1 << 20));
  rig.origin.transport->room = 10;
  H2Ask ask(rig.loop, *rig.origin.session);
  ask.uploads(500000);
  ask.fed.text.assign(500000, 'u');
  ask.go();
  for (int i = 0; i < 20; ++i) rig.origin.turn();
  cr_assert_eq(rig.origin.transport->room, 0);
  cr_assert_gt(ask.fed.text.size(), 300000, "only so much is taken before it can leave");
  rig.origin.transport->room = SIZE_MAX;
  for (int i = 0; i < 40; ++i) rig.origin.turn();
  cr_assert_eq(rig.origin.heard.streams[1].body.size(), 500000);
  cr_assert(rig.origin.heard.streams[1].ended);
}
