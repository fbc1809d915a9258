#include "net/connect.h"

#include <cerrno>

namespace net {

namespace {

/// A socket that is ready for connect(2).
base::Result<Fd> open_socket(const Address& to, const ConnectOptions& options) {
  Fd fd(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return base::fail_errno(errno, "socket() for {} failed", to.text());
  if (!to.is_unix()) {
    int code = set_nodelay(fd.get(), true);
    if (code == 0 && options.keepalive) code = set_keepalive(fd.get(), {});
    if (code != 0) return base::fail_errno(code, "setsockopt() for {} failed", to.text());
  }
  const Address& from = options.bind;
  if (!from.known()) return fd;
  if (from.family() != to.family()) {
    return base::fail_errno(EAFNOSUPPORT, "bind({}) for {} failed", from.text(), to.text());
  }
  bool v6 = from.family() == AF_INET6;
  if (options.transparent) {
    int code = v6 ? set_option(fd.get(), IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
                  : set_option(fd.get(), IPPROTO_IP, IP_TRANSPARENT, 1);
    if (code != 0) return base::fail_errno(code, "setsockopt(IP_TRANSPARENT) for {} failed", to.text());
  }
  // The port is chosen when the other end is known: many more connections than ports. Old kernels lack it.
  if (from.port() == 0) set_option(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  if (::bind(fd.get(), from.raw(), from.length()) != 0) {
    return base::fail_errno(errno, "bind({}) for {} failed", from.text(), to.text());
  }
  return fd;
}

/// What is heard while connect(2) is under way; the first of it is the answer.
class Connecting {
 public:
  Connecting(event::Loop& loop, int fd, base::Duration timeout)
      : answer_(loop.ready()), io_(loop, on_io, this), timer_(loop, on_timeout, this) {
    io_.open(fd);
    io_.watch(EV_WRITE);
    timer_.start(timeout);
  }
  event::Answer<int>& answer() { return answer_; }

 private:
  static void on_io(void* owner, int) {
    Connecting* self = static_cast<Connecting*>(owner);
    self->io_.watch(0);
    self->answer_.give(pending_error(self->io_.fd()));
  }
  static void on_timeout(void* owner) { static_cast<Connecting*>(owner)->answer_.give(ETIMEDOUT); }

  event::Answer<int> answer_;
  event::Io io_;
  event::Timer timer_;
};

/// 0 or errno.
event::Task<int> wait_until_connected(event::Loop& loop, int fd, base::Duration timeout,
                                      event::CancelScope* scope) {
  Connecting connecting(loop, fd, timeout);
  event::Answer<int>& answer = connecting.answer();
  std::optional<event::Canceling<int>> canceling;
  if (scope != nullptr) canceling.emplace(*scope, answer, ECANCELED);
  int code = co_await answer;
  co_return code;
}

}  // namespace

event::Task<base::Result<Fd>> connect_to(event::Loop& loop, const Address& to, const ConnectOptions& options,
                                         event::CancelScope* scope) {
  base::Result<Fd> fd = open_socket(to, options);
  if (!fd) co_return std::move(fd);
  if (::connect(fd->get(), to.raw(), to.length()) == 0) co_return std::move(fd);
  int code = errno;
  if (code == EINPROGRESS || code == EINTR) {
    code = co_await wait_until_connected(loop, fd->get(), options.timeout, scope);
  }
  if (code == 0) co_return std::move(fd);
  co_return base::fail_errno(code, "connect() to {} failed", to.text());
}

}  // namespace net
