#include "proto/h1/client_session.h"

#include <criterion/criterion.h>

#include <string>

#include "t/unit/proto/origin_rig.h"

using http::Framing;
using http::OriginFault;

Test(client_session, is_small_while_idle) {
  cr_assert_leq(sizeof(h1::ClientSession) + sizeof(net::TcpTransport), 900u, "%zu",
                sizeof(h1::ClientSession));
}

Test(client_session, a_get_is_asked_and_answered) {
  OriginRig rig;
  rig.fields.add("Host", "example.com");
  rig.ask();
  cr_assert(rig.received("\r\n\r\n") == "GET /path?q HTTP/1.1\r\nHost: example.com\r\n\r\n");
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\n\r\nhello");
  rig.finish();
  cr_assert_eq(rig.answer.fault, OriginFault::none);
  cr_assert_eq(rig.answer.head.status, 200);
  cr_assert(rig.answer.head.fields.get("x-one") == "1");
  cr_assert(rig.answer.head.framing == Framing::length);
  cr_assert_eq(rig.answer.head.content_length, 5u);
  cr_assert_eq(rig.answer.bytes_received, 48u);
  cr_assert(rig.read_body() == "hello");
  cr_assert(rig.session->reusable());
  cr_assert_eq(rig.session->bytes_received(), 53u);
}

Test(client_session, the_next_request_goes_over_the_same_connection) {
  OriginRig rig;
  for (int i = 1; i <= 3; ++i) {
    rig.ask();
    rig.received("\r\n\r\n");
    rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    rig.finish();
    cr_assert(rig.read_body() == "ok");
    cr_assert(rig.session->reusable());
    cr_assert_eq(rig.session->requests(), static_cast<uint64_t>(i));
  }
}

// Head and body leave in one piece, and an answer that came whole is read in one: no other call in between.
Test(client_session, a_small_request_costs_one_send_and_one_recv) {
  OriginRig rig;
  rig.send_body("0123456789");
  rig.ask();
  cr_assert_eq(rig.transport->writes, 1);
  rig.received("0123456789");
  rig.answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  rig.finish();
  iovec pieces[4];
  http::Peek peek = rig.body->peek(pieces);
  cr_assert_eq(peek.count, 1);
  cr_assert(peek.last);
  cr_assert_eq(rig.transport->reads, 1);
  cr_assert_eq(rig.transport->writes, 1);
  cr_assert_eq(rig.transport->watched(), EV_READ);
  rig.turn();
  cr_assert(rig.hold_gone, "the connection is let go before the reader has consumed");
  rig.session->set_idle(nullptr);
  cr_assert_eq(rig.transport->watched(), EV_READ);
}
