#include "upstream/pool.h"

#include <criterion/criterion.h>
#include <sys/socket.h>

#include "net/tcp.h"

using namespace upstream;

namespace {

struct Bench {
  explicit Bench(KeepAliveConf with = {}) : conf(with), pool(loop, conf) {}

  std::unique_ptr<Connection> connect(int& other, ConnectionKey key = {}) {
    int ends[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    other = ends[1];
    return std::make_unique<Connection>(
        loop, std::make_unique<net::TcpTransport>(loop, net::Fd(ends[0]), peer.address()), key);
  }

  event::Loop loop;
  KeepAliveConf conf;
  Peer peer{*net::Address::from_ip("127.0.0.1", 80), {}};
  Pool pool;
};

bool is_closed(int end) {
  char byte;
  return recv(end, &byte, 1, MSG_DONTWAIT) == 0;
}

}  // namespace

Test(pool, last_used_connection_is_taken_first) {
  Bench bench;
  int ends[2];
  auto first = bench.connect(ends[0]);
  auto second = bench.connect(ends[1]);
  Connection* newest = second.get();
  bench.pool.put(bench.peer, std::move(first));
  bench.pool.put(bench.peer, std::move(second));
  cr_assert_eq(bench.pool.idle(), 2u);
  cr_assert_eq(bench.pool.take(bench.peer, {}, false).get(), newest);
  cr_assert_eq(bench.pool.idle(), 1u);
}

Test(pool, connection_serves_only_its_key) {
  Bench bench;
  int end;
  int here;
  ConnectionKey key{&here, {}};
  bench.pool.put(bench.peer, bench.connect(end, key));
  cr_assert_null(bench.pool.take(bench.peer, {}, false).get());
  cr_assert_not_null(bench.pool.take(bench.peer, key, false).get());
}

Test(pool, connection_of_another_peer_is_not_taken) {
  Bench bench;
  Peer other(*net::Address::from_ip("127.0.0.1", 81), {});
  int end;
  bench.pool.put(bench.peer, bench.connect(end));
  cr_assert_null(bench.pool.take(other, {}, false).get());
}

Test(pool, over_the_limit_the_longest_idle_is_closed) {
  KeepAliveConf conf;
  conf.connections = 1;
  Bench bench(conf);
  int ends[2];
  bench.pool.put(bench.peer, bench.connect(ends[0]));
  bench.pool.put(bench.peer, bench.connect(ends[1]));
  bench.loop.run_once(false);
  cr_assert_eq(bench.pool.idle(), 1u);
  cr_assert(is_closed(ends[0]));
  cr_assert_not(is_closed(ends[1]));
}

Test(pool, nothing_is_kept_where_nothing_may_be) {
  KeepAliveConf conf;
  conf.connections = 0;
  Bench bench(conf);
  int end;
  bench.pool.put(bench.peer, bench.connect(end));
  bench.loop.run_once(false);
  cr_assert_eq(bench.pool.idle(), 0u);
  cr_assert(is_closed(end));
}

Test(pool, connection_the_origin_closes_leaves_at_once) {
  Bench bench;
  int end;
  bench.pool.put(bench.peer, bench.connect(end));
  close(end);
  bench.loop.run_once(false);
  cr_assert_eq(bench.pool.idle(), 0u);
}

Test(pool, connection_that_speaks_unasked_leaves_at_once) {
  Bench bench;
  int end;
  bench.pool.put(bench.peer, bench.connect(end));
  cr_assert_eq(write(end, "HTTP/1.1 200 OK\r\n", 17), 17);
  bench.loop.run_once(false);
  cr_assert_eq(bench.pool.idle(), 0u);
  cr_assert_null(bench.pool.take(bench.peer, {}, false).get());
}

Test(pool, check_finds_what_no_event_has_told_yet) {
  Bench bench;
  int end;
  bench.pool.put(bench.peer, bench.connect(end));
  close(end);
  cr_assert_null(bench.pool.take(bench.peer, {}, true).get());
  cr_assert_eq(bench.pool.idle(), 0u);
}

Test(pool, idle_connection_is_closed_after_its_timeout) {
  KeepAliveConf conf;
  conf.timeout = base::Duration(20);
  Bench bench(conf);
  int end;
  bench.pool.put(bench.peer, bench.connect(end));
  while (bench.pool.idle() > 0) bench.loop.run_once(true);
  bench.loop.run_once(false);
  cr_assert(is_closed(end));
}

Test(pool, old_connection_is_not_kept) {
  KeepAliveConf conf;
  conf.time = base::Duration(1000);
  Bench bench(conf);
  int end;
  auto connection = bench.connect(end);
  bench.loop.clock().advance(base::Duration(1001));
  bench.pool.put(bench.peer, std::move(connection));
  cr_assert_eq(bench.pool.idle(), 0u);
}
