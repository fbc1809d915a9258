#include "net/listener.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <string>
#include <vector>

namespace {

using net::Address;
using net::Fd;
using net::ListenOptions;

ListenOptions on_loopback() {
  ListenOptions options;
  options.address = *Address::from_ip("127.0.0.1", 0);
  return options;
}

struct Accepted : net::AcceptHandler {
  void on_accept(net::Listener& listener, Fd socket, const Address& peer) override {
    sockets.push_back(std::move(socket));
    peers.push_back(peer);
    if (stop_after == sockets.size()) listener.stop();
  }
  void on_accept_shortage(net::Listener&, int code) override { shortage = code; }
  std::vector<Fd> sockets;
  std::vector<Address> peers;
  size_t stop_after = 0;
  int shortage = 0;
};

Fd connected_to(const Address& address) {
  Fd fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  cr_assert_eq(connect(fd.get(), address.raw(), address.length()), 0);
  return fd;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  cr_assert_eq(getsockopt(fd, level, name, &value, &length), 0);
  return value;
}

struct Fixture {
  explicit Fixture(bool multi_accept)
      : fd(std::move(*net::open_listener(on_loopback()))),
        // Nothing is formatted while there are no descriptors: UBSan needs some for a look at fmt.
        log(-1, base::LogLevel::emerg, &loop.clock()),
        listener(loop, fd.get(), multi_accept, accepted, log) {}
  event::Loop loop;
  Fd fd;
  base::Log log;
  Accepted accepted;
  net::Listener listener;
};

}  // namespace

Test(listener, accepts_and_tells_who_came) {
  Fixture fixture(false);
  cr_assert(fixture.listener.address() == net::local_address(fixture.fd.get()));
  fixture.listener.start();
  Fd client = connected_to(fixture.listener.address());
  while (fixture.accepted.sockets.empty()) fixture.loop.run_once(true);
  cr_assert(fixture.accepted.peers[0] == net::local_address(client.get()));
  int flags = fcntl(fixture.accepted.sockets[0].get(), F_GETFL);
  cr_assert(flags & O_NONBLOCK);
  cr_assert_eq(option(fixture.accepted.sockets[0].get(), IPPROTO_TCP, TCP_NODELAY), 1);
  cr_assert(fcntl(fixture.accepted.sockets[0].get(), F_GETFD) & FD_CLOEXEC);
}

Test(listener, takes_one_in_a_turn_or_with_multi_accept_all) {
  for (bool multi : {false, true}) {
    Fixture fixture(multi);
    std::vector<Fd> clients;
    for (int i = 0; i < 5; ++i) clients.push_back(connected_to(fixture.listener.address()));
    fixture.listener.start();
    fixture.loop.run_once(true);
    cr_assert_eq(fixture.accepted.sockets.size(), multi ? 5u : 1u);
  }
}

Test(listener, a_handler_can_stop_it_in_the_middle_and_it_starts_again) {
  Fixture fixture(true);
  std::vector<Fd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connected_to(fixture.listener.address()));
  fixture.accepted.stop_after = 2;
  fixture.listener.start();
  fixture.loop.run_once(true);
  fixture.loop.run_once(false);
  cr_assert_eq(fixture.accepted.sockets.size(), 2u);
  fixture.accepted.stop_after = 0;
  fixture.listener.start();
  fixture.loop.run_once(true);
  cr_assert_eq(fixture.accepted.sockets.size(), 5u);
}

Test(listener, without_descriptors_it_pauses_and_those_in_the_queue_wait) {
  Fixture fixture(true);
  fixture.listener.start();
  Fd first = connected_to(fixture.listener.address());
  while (fixture.accepted.sockets.empty()) fixture.loop.run_once(true);
  fixture.accepted.sockets.clear();
  Fd client = connected_to(fixture.listener.address());
  rlimit before;
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &none);
  while (fixture.accepted.shortage == 0) fixture.loop.run_once(true);
  setrlimit(RLIMIT_NOFILE, &before);
  cr_assert_eq(fixture.accepted.shortage, EMFILE);
  cr_assert_not(fixture.listener.accepting());
  cr_assert(fixture.accepted.sockets.empty());
  fixture.loop.clock().advance(net::Listener::kPause);
  while (fixture.accepted.sockets.empty()) fixture.loop.run_once(true);
}

Test(listener, a_taken_address_is_an_error_that_names_it) {
  Fd first = std::move(*net::open_listener(on_loopback()));
  ListenOptions same;
  same.address = net::local_address(first.get());
  auto second = net::open_listener(same);
  cr_assert_not(second.has_value());
  cr_assert_eq(second.error().code, EADDRINUSE);
  cr_assert(second.error().message ==
            fmt::format("bind() to {} failed (98: Address already in use)", same.address.text()));
}

Test(listener, reuseport_lets_several_listen) {
  ListenOptions options = on_loopback();
  options.reuseport = true;
  Fd first = std::move(*net::open_listener(options));
  options.address = net::local_address(first.get());
  cr_assert(net::open_listener(options).has_value());
}

Test(listener, options_are_set) {
  ListenOptions options = on_loopback();
  options.deferred = true;
  options.rcvbuf = 65536;
  options.sndbuf = 32768;
  options.fastopen = 16;
  options.so_keepalive = net::KeepAlive{true, 100, 10, 3};
  Fd fd = std::move(*net::open_listener(options));
  cr_assert_gt(option(fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  cr_assert_geq(option(fd.get(), SOL_SOCKET, SO_RCVBUF), 65536);
  cr_assert_geq(option(fd.get(), SOL_SOCKET, SO_SNDBUF), 32768);
  cr_assert_eq(option(fd.get(), IPPROTO_TCP, TCP_FASTOPEN), 16);
  cr_assert_eq(option(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
  cr_assert_eq(option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE), 100);
  cr_assert_eq(option(fd.get(), IPPROTO_TCP, TCP_KEEPCNT), 3);
  options.deferred = false;
  cr_assert(net::configure_listener(fd.get(), options).has_value());
  cr_assert_eq(option(fd.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
}

Test(listener, ipv6only_is_on_unless_turned_off) {
  ListenOptions options;
  options.address = Address::any(AF_INET6, 0);
  auto fd = net::open_listener(options);
  if (!fd) cr_skip_test("no IPv6 here");
  cr_assert_eq(option(fd->get(), IPPROTO_IPV6, IPV6_V6ONLY), 1);
  options.ipv6only = false;
  cr_assert_eq(option(net::open_listener(options)->get(), IPPROTO_IPV6, IPV6_V6ONLY), 0);
}

namespace {
std::string temporary_path() { return fmt::format("/tmp/pc-listener-{}.sock", getpid()); }
}  // namespace

Test(listener, a_unix_socket_is_open_to_all_and_removed_at_the_end) {
  ListenOptions options;
  options.address = *Address::from_path(temporary_path());
  Fd fd = std::move(*net::open_listener(options));
  struct stat status;
  cr_assert_eq(stat(temporary_path().c_str(), &status), 0);
  cr_assert_eq(status.st_mode & 0777, 0666u);
  connected_to(options.address);
  net::remove_listener_path(options.address);
  cr_assert_neq(stat(temporary_path().c_str(), &status), 0);
}

Test(listener, an_abandoned_unix_socket_is_replaced_and_one_in_use_is_not) {
  ListenOptions options;
  options.address = *Address::from_path(temporary_path());
  Fd first = std::move(*net::open_listener(options));
  cr_assert_eq(net::open_listener(options).error().code, EADDRINUSE);
  first.reset();
  cr_assert(net::open_listener(options).has_value());
  net::remove_listener_path(options.address);
}

Test(listener, a_plain_file_at_a_unix_path_stays) {
  ListenOptions options;
  options.address = *Address::from_path(temporary_path());
  Fd file(open(temporary_path().c_str(), O_CREAT | O_WRONLY, 0600));
  cr_assert_eq(net::open_listener(options).error().code, EADDRINUSE);
  cr_assert_eq(access(temporary_path().c_str(), F_OK), 0);
  unlink(temporary_path().c_str());
}
