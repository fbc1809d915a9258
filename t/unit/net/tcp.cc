#include "net/tcp.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "net/listener.h"

namespace {

using net::Fd;
using net::IoResult;

/// Both ends of a TCP connection on the loopback.
struct Connection {
  Connection() {
    net::ListenOptions options;
    options.address = *net::Address::from_ip("127.0.0.1", 0);
    Fd listener = std::move(*net::open_listener(options));
    net::Address at = net::local_address(listener.get());
    Fd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    cr_assert_eq(connect(client.get(), at.raw(), at.length()), 0);
    peer = net::local_address(client.get());
    Fd server(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    cr_assert(server);
    transport = std::make_unique<net::TcpTransport>(loop, std::move(server), peer);
    other = std::move(client);
  }
  event::Loop loop;
  net::Address peer;
  std::unique_ptr<net::TcpTransport> transport;
  Fd other;  // blocking
};

IoResult write_text(net::Transport& transport, std::string_view text) {
  iovec piece = {const_cast<char*>(text.data()), text.size()};
  return transport.write(&piece, 1);
}

struct Heard : net::TransportHandler {
  void on_readable() override {
    ++readable;
    if (on_read != nullptr) on_read(*this);
  }
  void on_writable() override { ++writable; }
  int readable = 0;
  int writable = 0;
  Connection* connection = nullptr;
  void (*on_read)(Heard&) = nullptr;
};

}  // namespace

Test(tcp_transport, is_small) { cr_assert_leq(sizeof(net::TcpTransport), 200u); }

Test(tcp_transport, knows_both_ends) {
  Connection connection;
  cr_assert(connection.transport->peer() == connection.peer);
  cr_assert(connection.transport->local() == net::peer_address(connection.other.get()));
}

Test(tcp_transport, reads_what_came_then_waits_then_sees_the_end) {
  Connection connection;
  char bytes[16];
  cr_assert(connection.transport->read(bytes, sizeof bytes).is_wait());
  cr_assert(connection.transport->peek().is_wait());
  cr_assert_eq(write(connection.other.get(), "hello", 5), 5);
  Heard heard;
  connection.transport->set_handler(&heard);
  connection.transport->watch(EV_READ);
  while (heard.readable == 0) connection.loop.run_once(true);
  cr_assert(connection.transport->peek().is_ready());
  IoResult got = connection.transport->read(bytes, sizeof bytes);
  cr_assert(got.is_ready());
  cr_assert(std::string_view(bytes, got.size) == "hello");
  connection.other.reset();
  heard.readable = 0;
  while (heard.readable == 0) connection.loop.run_once(true);
  cr_assert(connection.transport->peek().is_end());
  cr_assert(connection.transport->read(bytes, sizeof bytes).is_end());
}

Test(tcp_transport, writes_pieces_in_order) {
  Connection connection;
  iovec pieces[3] = {{const_cast<char*>("ab"), 2}, {const_cast<char*>(""), 0}, {const_cast<char*>("cde"), 3}};
  IoResult sent = connection.transport->write(pieces, 3);
  cr_assert_eq(sent.size, 5u);
  char bytes[16];
  cr_assert_eq(read(connection.other.get(), bytes, sizeof bytes), 5);
  cr_assert(std::string_view(bytes, 5) == "abcde");
}

Test(tcp_transport, a_full_socket_says_wait_and_later_writable) {
  Connection connection;
  Heard heard;
  connection.transport->set_handler(&heard);
  std::string block(65536, 'x');
  size_t sent = 0;
  IoResult result = write_text(*connection.transport, block);
  for (; result.is_ready(); result = write_text(*connection.transport, block)) sent += result.size;
  cr_assert(result.is_wait());
  connection.transport->watch(EV_WRITE);
  connection.loop.run_once(false);
  cr_assert_eq(heard.writable, 0);
  std::string into(65536, 0);
  while (sent > 0) {
    ssize_t got = read(connection.other.get(), into.data(), std::min(into.size(), sent));
    cr_assert_gt(got, 0);
    sent -= static_cast<size_t>(got);
  }
  while (heard.writable == 0) connection.loop.run_once(true);
}

Test(tcp_transport, a_reset_peer_is_an_error_with_its_errno_and_no_signal) {
  Connection connection;
  net::reset_on_close(connection.other.get());
  connection.other.reset();
  char bytes[4];
  Heard heard;
  connection.transport->set_handler(&heard);
  connection.transport->watch(EV_READ);
  while (heard.readable == 0) connection.loop.run_once(true);
  IoResult got = connection.transport->read(bytes, sizeof bytes);
  cr_assert(got.is_failed());
  cr_assert_eq(got.code, ECONNRESET);
  IoResult sent = write_text(*connection.transport, "x");
  cr_assert(sent.is_failed());
  cr_assert_eq(sent.code, EPIPE);
}

Test(tcp_transport, close_with_reset_resets) {
  Connection connection;
  connection.transport->close(true);
  connection.transport->close(false);
  cr_assert_eq(connection.transport->fd(), -1);
  char byte;
  cr_assert_eq(read(connection.other.get(), &byte, 1), -1);
  cr_assert_eq(errno, ECONNRESET);
}

Test(tcp_transport, after_shutdown_the_peer_sees_the_end_and_can_still_send) {
  Connection connection;
  cr_assert(write_text(*connection.transport, "last").is_ready());
  connection.transport->shutdown_write();
  char bytes[16];
  cr_assert_eq(read(connection.other.get(), bytes, sizeof bytes), 4);
  cr_assert_eq(read(connection.other.get(), bytes, sizeof bytes), 0);
  cr_assert_eq(write(connection.other.get(), "more", 4), 4);
  Heard heard;
  connection.transport->set_handler(&heard);
  connection.transport->watch(EV_READ);
  while (heard.readable == 0) connection.loop.run_once(true);
  cr_assert_eq(connection.transport->read(bytes, sizeof bytes).size, 4u);
}

Test(tcp_transport, sends_a_part_of_a_file) {
  Connection connection;
  Fd file(memfd_create("body", MFD_CLOEXEC));
  cr_assert_eq(write(file.get(), "0123456789", 10), 10);
  IoResult sent = connection.transport->send_file(file.get(), 3, 4);
  cr_assert_eq(sent.size, 4u);
  char bytes[16];
  cr_assert_eq(read(connection.other.get(), bytes, sizeof bytes), 4);
  cr_assert(std::string_view(bytes, 4) == "3456");
  sent = connection.transport->send_file(file.get(), 10, 4);
  cr_assert(sent.is_ready());
  cr_assert_eq(sent.size, 0u);
}

Test(tcp_transport, the_handler_may_destroy_it_while_both_events_wait) {
  Connection connection;
  Heard heard;
  heard.connection = &connection;
  heard.on_read = [](Heard& self) { self.connection->transport.reset(); };
  connection.transport->set_handler(&heard);
  cr_assert_eq(write(connection.other.get(), "x", 1), 1);
  connection.transport->watch(EV_READ | EV_WRITE);
  while (heard.readable == 0) connection.loop.run_once(true);
  // The byte may come a turn after the socket is found writable; after its end nothing is heard.
  int writable = heard.writable;
  connection.loop.run_once(false);
  cr_assert_eq(heard.writable, writable);
  cr_assert_eq(heard.readable, 1);
}

Test(tcp_transport, the_handler_may_close_it_and_destroy_it_later) {
  Connection connection;
  Heard heard;
  heard.connection = &connection;
  heard.on_read = [](Heard& self) { self.connection->transport->close(false); };
  connection.transport->set_handler(&heard);
  connection.transport->watch(EV_READ);
  cr_assert_eq(write(connection.other.get(), "x", 1), 1);
  while (heard.readable == 0) connection.loop.run_once(true);
  connection.transport.reset();
}
