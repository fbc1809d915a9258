#include "net/connect.h"

#include <criterion/criterion.h>

#include <vector>

#include "net/listener.h"

namespace {

using net::Address;
using net::ConnectOptions;
using net::Fd;

Fd listening(const char* ip, int backlog = 16) {
  net::ListenOptions options;
  options.address = *Address::from_ip(ip, 0);
  options.backlog = backlog;
  return std::move(*net::open_listener(options));
}

struct Outcome {
  bool done = false;
  Fd fd;
  base::Error error;
};

event::Task<void> connect_into(event::Loop& loop, const Address& to, const ConnectOptions& options,
                               event::CancelScope* scope, Outcome& outcome) {
  base::Result<Fd> result = co_await net::connect_to(loop, to, options, scope);
  outcome.done = true;
  if (result) {
    outcome.fd = std::move(*result);
  } else {
    outcome.error = result.error();
  }
}

void run_until_done(event::Loop& loop, Outcome& outcome) {
  while (!outcome.done) loop.run_once(true);
}

/// An address whose queue is full: the kernel drops what would connect, as a host that does not answer would.
struct Unanswering {
  Unanswering() : listener(listening("127.0.0.1", 0)), address(net::local_address(listener.get())) {
    for (int i = 0; i < 4; ++i) {
      Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      connect(fd.get(), address.raw(), address.length());
      fillers.push_back(std::move(fd));
    }
  }
  Fd listener;
  Address address;
  std::vector<Fd> fillers;
};

}  // namespace

Test(connect, gives_a_connected_socket_that_does_not_block) {
  event::Loop loop;
  Fd listener = listening("127.0.0.1");
  Address to = net::local_address(listener.get());
  ConnectOptions options;
  Outcome outcome;
  event::spawn(connect_into(loop, to, options, nullptr, outcome));
  run_until_done(loop, outcome);
  cr_assert(outcome.fd, "%s", outcome.error.message.c_str());
  cr_assert(net::peer_address(outcome.fd.get()) == to);
  char byte;
  cr_assert_eq(read(outcome.fd.get(), &byte, 1), -1);
  cr_assert_eq(errno, EAGAIN);
}

Test(connect, a_refusal_has_its_errno_and_names_the_address) {
  event::Loop loop;
  Fd listener = listening("127.0.0.1");
  Address to = net::local_address(listener.get());
  listener.reset();
  ConnectOptions options;
  Outcome outcome;
  event::spawn(connect_into(loop, to, options, nullptr, outcome));
  run_until_done(loop, outcome);
  cr_assert_eq(outcome.error.code, ECONNREFUSED);
  cr_assert(outcome.error.message == "connect() to " + to.text() + " failed (111: Connection refused)");
}

Test(connect, takes_at_most_its_timeout) {
  event::Loop loop;
  Unanswering target;
  ConnectOptions options;
  Outcome outcome;
  event::spawn(connect_into(loop, target.address, options, nullptr, outcome));
  loop.run_once(false);
  cr_assert_not(outcome.done);
  loop.clock().advance(options.timeout);
  run_until_done(loop, outcome);
  cr_assert_eq(outcome.error.code, ETIMEDOUT);
}

Test(connect, a_canceled_scope_ends_it) {
  event::Loop loop;
  Unanswering target;
  event::CancelScope scope(loop.ready());
  ConnectOptions options;
  Outcome outcome;
  event::spawn(connect_into(loop, target.address, options, &scope, outcome));
  loop.run_once(false);
  cr_assert_not(outcome.done);
  scope.cancel();
  run_until_done(loop, outcome);
  cr_assert_eq(outcome.error.code, ECANCELED);
}

Test(connect, leaves_from_the_address_it_is_bound_to) {
  event::Loop loop;
  Fd listener = listening("127.0.0.1");
  Address to = net::local_address(listener.get());
  ConnectOptions options;
  options.bind = *Address::from_ip("127.0.0.3", 0);
  Outcome outcome;
  event::spawn(connect_into(loop, to, options, nullptr, outcome));
  run_until_done(loop, outcome);
  cr_assert(outcome.fd);
  cr_assert(net::local_address(outcome.fd.get()).ip_text() == "127.0.0.3");
}

Test(connect, an_address_that_is_not_ours_or_of_another_kind_is_refused) {
  event::Loop loop;
  Fd listener = listening("127.0.0.1");
  Address to = net::local_address(listener.get());
  for (const char* ip : {"192.0.2.1", "::1"}) {
    ConnectOptions options;
    options.bind = *Address::from_ip(ip, 0);
    Outcome outcome;
    event::spawn(connect_into(loop, to, options, nullptr, outcome));
    run_until_done(loop, outcome);
    cr_assert_eq(outcome.error.code, ip[0] == ':' ? EAFNOSUPPORT : EADDRNOTAVAIL);
  }
}

Test(connect, reaches_a_unix_socket_and_says_when_there_is_none) {
  event::Loop loop;
  net::ListenOptions listen;
  listen.address = *Address::from_path(fmt::format("/tmp/pc-connect-{}.sock", getpid()));
  Fd listener = std::move(*net::open_listener(listen));
  ConnectOptions options;
  Outcome outcome;
  event::spawn(connect_into(loop, listen.address, options, nullptr, outcome));
  run_until_done(loop, outcome);
  cr_assert(outcome.fd);
  net::remove_listener_path(listen.address);
  Outcome missing;
  event::spawn(connect_into(loop, listen.address, options, nullptr, missing));
  run_until_done(loop, missing);
  cr_assert_eq(missing.error.code, ENOENT);
}
