#include "upstream/shared_pool.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <vector>

#include "t/unit/proto/h2_frames.h"

using namespace upstream;
using namespace h2_frames;
using http::OriginFault;

namespace {

// Listens, and speaks frames by hand.
struct Bench {
  explicit Bench(KeepAliveConf with = {}) : conf(with), pool(loop, conf) {
    listener = net::Fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(bind(listener.get(), reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    cr_assert_eq(listen(listener.get(), 16), 0);
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    cr_assert_eq(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&name), &size), 0);
    peer = std::make_shared<Peer>(net::Address(reinterpret_cast<sockaddr*>(&name), size), PeerConf{});
  }

  std::unique_ptr<Place> place() {
    if (auto found = pool.find(*peer, key, true)) return found;
    return pool.open(nullptr, peer, key, {});
  }
  void turn() { loop.run_once(false); }
  template <class Done>
  void until(Done done) {
    for (int turns = 0; !done(); ++turns) {
      cr_assert_lt(turns, 100000, "it never comes");
      loop.run_once(false);
    }
  }
  /// The origin takes a connection, and says its settings.
  int accepts(const std::string& says = settings()) {
    int end = -1;
    until([&] { return (end = accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK)) >= 0; });
    ends.emplace_back(end);
    cr_assert_eq(send(end, says.data(), says.size(), MSG_NOSIGNAL), static_cast<ssize_t>(says.size()));
    return end;
  }
  static bool is_closed(int end) {
    char bytes[4096];
    ssize_t got;
    while ((got = recv(end, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {}
    return got == 0;
  }

  event::Loop loop;
  KeepAliveConf conf;
  net::Fd listener;
  std::vector<net::Fd> ends;
  ConnectionKey key;
  PeerPtr peer;
  SharedPool pool;
};

struct Waiting {
  Waiting(Bench& in, std::unique_ptr<Place> on) : bench(in), place(std::move(on)), scope(in.loop.ready()) {
    event::spawn(run());
  }
  ~Waiting() {
    scope.cancel();
    bench.until([this] { return done; });
  }
  event::Task<void> run() {
    outcome = co_await place->opened(&scope, base::Duration(5000));
    done = true;
  }
  OriginFault wait() {
    bench.until([this] { return done; });
    return outcome;
  }

  Bench& bench;
  std::unique_ptr<Place> place;
  event::CancelScope scope;
  OriginFault outcome = OriginFault::none;
  bool done = false;
};

}  // namespace

Test(shared_pool, who_comes_while_it_is_opened_waits_for_the_same_connection) {
  Bench bench;
  Waiting first(bench, bench.place());
  Waiting second(bench, bench.place());
  cr_assert_eq(&first.place->connection(), &second.place->connection());
  cr_assert_not(first.done || second.done);
  bench.accepts();
  cr_assert_eq(first.wait(), OriginFault::none);
  cr_assert_eq(second.wait(), OriginFault::none);
  cr_assert(first.place->connection().is_open());
}

Test(shared_pool, whom_the_origin_has_no_room_for_goes_elsewhere) {
  Bench bench;
  Waiting first(bench, bench.place());
  Waiting second(bench, bench.place());
  bench.accepts(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}}));
  cr_assert_eq(first.wait(), OriginFault::none);
  cr_assert_eq(second.wait(), OriginFault::refused);
  second.place.reset();
  cr_assert_null(bench.pool.find(*bench.peer, bench.key, true).get());
  Waiting third(bench, bench.place());
  cr_assert_neq(&third.place->connection(), &first.place->connection());
  bench.accepts();
  cr_assert_eq(third.wait(), OriginFault::none);
}

Test(shared_pool, a_connection_serves_only_its_key) {
  Bench bench;
  Waiting first(bench, bench.place());
  bench.accepts();
  first.wait();
  int here;
  bench.key.location = &here;
  cr_assert_null(bench.pool.find(*bench.peer, bench.key, true).get());
}

Test(shared_pool, idle_it_is_kept_and_serves_again) {
  Bench bench;
  int end;
  {
    Waiting first(bench, bench.place());
    end = bench.accepts();
    first.wait();
    cr_assert_eq(bench.pool.idle(), 0);
  }
  cr_assert_eq(bench.pool.idle(), 1);
  auto again = bench.pool.find(*bench.peer, bench.key, true);
  cr_assert_not_null(again.get());
  cr_assert_eq(bench.pool.idle(), 0);
  cr_assert_not(Bench::is_closed(end));
}

Test(shared_pool, over_the_limit_the_longest_idle_is_closed) {
  KeepAliveConf conf;
  conf.connections = 1;
  Bench bench(conf);
  int ends[2];
  {
    Waiting first(bench, bench.place());
    ends[0] = bench.accepts(settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1}}));
    first.wait();
    Waiting second(bench, bench.place());
    ends[1] = bench.accepts();
    second.wait();
    second.place.reset();
    first.place.reset();
  }
  cr_assert_eq(bench.pool.idle(), 1);
  bench.until([&] { return Bench::is_closed(ends[1]); });
  cr_assert_not(Bench::is_closed(ends[0]));
}

Test(shared_pool, none_is_kept_longer_or_more_often_than_it_may) {
  for (int i = 0; i < 4; ++i) {
    KeepAliveConf conf;
    if (i == 0) conf.connections = 0;
    if (i == 1) conf.requests = 1;
    if (i == 2) conf.time = base::Duration(1000);
    if (i == 3) conf.timeout = base::Duration(1000);
    Bench bench(conf);
    Waiting first(bench, bench.place());
    int end = bench.accepts();
    first.wait();
    if (i == 2) bench.loop.clock().advance(base::Duration(1001));
    first.place.reset();
    if (i == 3) {
      cr_assert_eq(bench.pool.idle(), 1);
      bench.loop.clock().advance(base::Duration(1001));
    }
    bench.until([&] { return Bench::is_closed(end); });
    cr_assert_eq(bench.pool.idle(), 0);
  }
}

// RFC 9113 §6.8
Test(shared_pool, after_goaway_it_takes_no_more_and_those_under_way_go_on) {
  Bench bench;
  Waiting first(bench, bench.place());
  int end = bench.accepts();
  first.wait();
  std::string leaves = goaway(INT32_MAX, NGHTTP2_NO_ERROR);
  cr_assert_gt(send(end, leaves.data(), leaves.size(), 0), 0);
  bench.until([&] { return first.place->connection().is_over(); });
  cr_assert_null(bench.pool.find(*bench.peer, bench.key, true).get());
  cr_assert_not(Bench::is_closed(end));
  first.place.reset();
  bench.until([&] { return Bench::is_closed(end); });
}

Test(shared_pool, what_no_event_has_told_yet_is_found) {
  Bench bench;
  int end;
  {
    Waiting first(bench, bench.place());
    end = bench.accepts();
    first.wait();
  }
  std::string leaves = goaway(0, NGHTTP2_NO_ERROR);
  cr_assert_gt(send(end, leaves.data(), leaves.size(), 0), 0);
  cr_assert_null(bench.pool.find(*bench.peer, bench.key, true).get());
  bench.turn();
}

Test(shared_pool, nobody_there_is_told_to_all_who_wait) {
  Bench bench;
  shutdown(bench.listener.get(), SHUT_RDWR);
  bench.listener.reset();
  Waiting first(bench, bench.place());
  cr_assert_eq(first.wait(), OriginFault::connect);
  cr_assert(first.place->connection().is_over());
}

Test(shared_pool, an_origin_that_closes_at_once_never_opened) {
  Bench bench;
  Waiting first(bench, bench.place());
  bench.accepts("");
  bench.ends.clear();
  cr_assert_eq(first.wait(), OriginFault::closed);
}

Test(shared_pool, who_gives_up_while_it_is_opened_leaves_nothing) {
  Bench bench;
  int end;
  {
    Waiting first(bench, bench.place());
    end = bench.accepts("");
    bench.turn();
    first.scope.cancel();
    cr_assert_eq(first.wait(), OriginFault::canceled);
  }
  bench.until([&] { return Bench::is_closed(end); });
  cr_assert_null(bench.pool.find(*bench.peer, bench.key, true).get());
}

Test(shared_pool, settings_that_never_come_are_a_timeout) {
  Bench bench;
  Waiting first(bench, bench.place());
  bench.accepts("");
  bench.loop.clock().advance(base::Duration(5001));
  cr_assert_eq(first.wait(), OriginFault::connect_timeout);
}

Test(shared_pool, a_peer_that_is_gone_gets_no_more_requests) {
  Bench bench;
  Waiting first(bench, bench.place());
  int end = bench.accepts();
  first.wait();
  bench.pool.forget(*bench.peer);
  cr_assert_null(bench.pool.find(*bench.peer, bench.key, true).get());
  cr_assert_not(Bench::is_closed(end));
  first.place.reset();
  bench.until([&] { return Bench::is_closed(end); });
}
