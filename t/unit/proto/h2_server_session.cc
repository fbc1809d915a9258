#include <criterion/criterion.h>

#include "t/unit/proto/h2_server_rig.h"

using namespace h2_frames;

Test(h2_server_session, greets_with_its_limits) {
  H2Server server({.max_streams = 7, .stream_window = 1000});
  cr_assert_eq(server.heard.settings.at(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS), 7);
  cr_assert_eq(server.heard.settings.at(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE), 1000);
  cr_assert_eq(server.heard.settings.at(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL), 1);
  cr_assert_eq(server.heard.window, uint64_t{h2::ServerSession::kConnectionWindow});
}

Test(h2_server_session, answers_and_is_idle_again) {
  H2Server server;
  server.greet();
  server.asks(1, "/now");
  cr_assert_eq(server.status(1), "200");
  cr_assert_eq(server.heard.streams[1].body, "/now");
  cr_assert(server.heard.streams[1].ended);
  cr_assert(server.session->is_idle());
  cr_assert_eq(server.ends.at(0), http::StreamEnd::complete);
}

// What is answered in one turn leaves in one write.
Test(h2_server_session, all_answers_of_a_turn_leave_together) {
  H2Server server;
  server.greet();
  std::string all;
  for (uint32_t id = 1; id < 64; id += 2)
    all += headers(id, {{":method", "GET"}, {":scheme", "http"}, {":path", "/x"}, {":authority", "a"}}, true);
  server.transport->writes = 0;
  server.says(all);
  for (uint32_t id = 1; id < 64; id += 2) cr_assert(server.heard.streams[id].ended);
  cr_assert_eq(server.transport->writes, 1);
}

// Nothing of a body is lost or told as sent before the socket has it.
Test(h2_server_session, a_full_socket_holds_back) {
  H2Server server;
  server.greet({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}});
  server.says(window_update(0, 1 << 20));
  server.transport->room = 1000;
  server.asks(1, "/body/300000");
  cr_assert(server.ends.empty());
  for (int i = 0; i < 10000 && server.ends.empty(); ++i) {
    server.transport->room = 500;
    server.turn();
  }
  cr_assert_eq(server.heard.streams[1].body.size(), 300000);
  cr_assert_eq(server.ends.at(0), http::StreamEnd::complete);
}

Test(h2_server_session, a_reset_ends_a_stream_whose_last_bytes_wait) {
  H2Server server;
  server.greet();
  server.transport->room = 20;
  server.asks(1, "/body/1000");
  cr_assert(server.ends.empty());
  server.transport->reset = true;
  server.turn();
  server.turn();
  cr_assert_eq(server.ends.size(), 1);
  cr_assert_eq(server.ends.at(0), http::StreamEnd::client_gone);
  cr_assert_null(server.session);
}

// A stream that its handler still holds outlives the connection.
Test(h2_server_session, a_held_stream_keeps_the_session) {
  H2Server server;
  server.holds = true;
  server.greet();
  server.asks(1, "/later");
  server.transport->ended = true;
  server.turn();
  server.turn();
  cr_assert_eq(server.ends.size(), 1);
  cr_assert_not_null(server.session);
  server.requests[0]->answer(200, "too late");
  server.let_go(0);
  server.turn();
  cr_assert_null(server.session);
}

Test(h2_server_session, a_window_is_given_back_as_the_body_is_read) {
  H2Server server({.max_streams = 8, .stream_window = 1000});
  server.greet();
  server.asks(1, "/later", "POST", false);
  server.says(data(1, std::string(1000, 'd')));
  cr_assert_eq(server.heard.streams[1].window, 0);
  server.asks(3, "/echo", "POST", false);
  server.says(data(3, std::string(1000, 'd'), true));
  cr_assert_eq(server.heard.streams[3].body.size(), 1000);
  server.requests[0]->answer(200, "unread");
  server.turn();
  server.turn();
  cr_assert_eq(server.heard.streams[1].reset, NGHTTP2_NO_ERROR);
}

Test(h2_server_session, an_aborted_stream_is_reset) {
  H2Server server;
  server.greet();
  server.asks(1, "/later");
  server.requests[0]->abort();
  server.turn();
  server.turn();
  cr_assert_eq(server.heard.streams[1].reset, NGHTTP2_INTERNAL_ERROR);
  cr_assert_eq(server.ends.at(0), http::StreamEnd::body_failed);
}

// RFC 9113 §6.8
Test(h2_server_session, drains_in_two_steps) {
  H2Server server;
  server.greet();
  server.asks(1, "/later");
  server.session->drain();
  server.turn();
  cr_assert_eq(server.heard.goaway, NGHTTP2_NO_ERROR);
  server.asks(3, "/now");
  cr_assert_eq(server.status(3), "200");
  server.says(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "farewell"));
  server.asks(5, "/now");
  cr_assert_eq(server.status(5), "");
  server.requests[0]->answer(200, "last");
  server.turn();
  server.turn();
  cr_assert_eq(server.heard.streams[1].body, "last");
  server.transport->ended = true;
  server.turn();
  server.turn();
  cr_assert_null(server.session);
}

// send_timeout holds also for what came of a body long after its head.
Test(h2_server_session, a_client_that_takes_nothing_is_cut_whenever_the_body_came) {
  H2Server server;
  server.greet({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 10}});
  server.asks(1, "/slow");
  server.pass(100000);
  cr_assert(server.ends.empty());
  server.requests[0]->give(std::string(100, 'x'));
  server.turn();
  cr_assert_eq(server.heard.streams[1].body.size(), 10);
  server.pass(50000);
  cr_assert(server.ends.empty());
  server.pass(15000);
  cr_assert_eq(server.ends.at(0), http::StreamEnd::timed_out);
  cr_assert_eq(server.heard.streams[1].reset, NGHTTP2_CANCEL);
}
