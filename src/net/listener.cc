#include "net/listener.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/stat.h>

#include <cerrno>
#include <iterator>

namespace net {

namespace {

base::Result<void> configure_unbound(int fd, const ListenOptions& options) {
  const Address& address = options.address;
  struct Setting {
    bool wanted;
    int level, name, value;
    const char* text;
  };
  bool v6 = address.family() == AF_INET6;
  const Setting settings[] = {
      {!address.is_unix(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"},
      {options.reuseport && !address.is_unix(), SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"},
      {v6, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6only ? 1 : 0, "IPV6_V6ONLY"},
      {options.transparent && v6, IPPROTO_IPV6, IPV6_TRANSPARENT, 1, "IPV6_TRANSPARENT"},
      {options.transparent && !v6, IPPROTO_IP, IP_TRANSPARENT, 1, "IP_TRANSPARENT"},
  };
  for (const Setting& setting : settings) {
    if (!setting.wanted) continue;
    int code = set_option(fd, setting.level, setting.name, setting.value);
    if (code != 0) return base::fail_errno(code, "setsockopt({}) {} failed", setting.text, address.text());
  }
  return {};
}

/// Whether nobody listens behind the file of a Unix socket: what a killed master leaves.
bool is_abandoned(const Address& address) {
  struct stat status = {};
  if (lstat(std::string(address.path()).c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe && ::connect(probe.get(), address.raw(), address.length()) != 0 && errno == ECONNREFUSED;
}

int bind_to(int fd, const Address& address) {
  if (::bind(fd, address.raw(), address.length()) == 0) return 0;
  int code = errno;
  if (code != EADDRINUSE || !address.is_unix() || !is_abandoned(address)) return code;
  remove_listener_path(address);
  return ::bind(fd, address.raw(), address.length()) == 0 ? 0 : errno;
}

}  // namespace

base::Result<Fd> open_listener(const ListenOptions& options) {
  const Address& address = options.address;
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return base::fail_errno(errno, "socket() {} failed", address.text());
  base::Result<void> configured = configure_unbound(fd.get(), options);
  if (!configured) return tl::unexpected(configured.error());
  int code = bind_to(fd.get(), address);
  if (code != 0) return base::fail_errno(code, "bind() to {} failed", address.text());
  if (address.is_unix() && ::chmod(std::string(address.path()).c_str(), options.unix_mode) != 0) {
    return base::fail_errno(errno, "chmod() \"{}\" failed", address.path());
  }
  configured = configure_listener(fd.get(), options);
  if (!configured) return tl::unexpected(configured.error());
  return fd;
}

base::Result<void> configure_listener(int fd, const ListenOptions& options) {
  const Address& address = options.address;
  struct Setting {
    bool wanted;
    int level, name, value;
    const char* text;
  };
  bool tcp = !address.is_unix();
  const Setting settings[] = {
      {options.rcvbuf.has_value(), SOL_SOCKET, SO_RCVBUF, options.rcvbuf.value_or(0), "SO_RCVBUF"},
      {options.sndbuf.has_value(), SOL_SOCKET, SO_SNDBUF, options.sndbuf.value_or(0), "SO_SNDBUF"},
      {tcp && options.fastopen, IPPROTO_TCP, TCP_FASTOPEN, options.fastopen.value_or(0), "TCP_FASTOPEN"},
      {tcp, IPPROTO_TCP, TCP_NODELAY, options.nodelay ? 1 : 0, "TCP_NODELAY"},
      // Also off again, for a socket that was opened with it.
      {tcp, IPPROTO_TCP, TCP_DEFER_ACCEPT, options.deferred ? 1 : 0, "TCP_DEFER_ACCEPT"},
  };
  for (const Setting& setting : settings) {
    if (!setting.wanted) continue;
    int code = set_option(fd, setting.level, setting.name, setting.value);
    if (code != 0) return base::fail_errno(code, "setsockopt({}) {} failed", setting.text, address.text());
  }
  if (tcp && options.so_keepalive) {
    int code = set_keepalive(fd, *options.so_keepalive);
    if (code != 0) return base::fail_errno(code, "setsockopt(SO_KEEPALIVE) {} failed", address.text());
  }
  if (::listen(fd, options.backlog) != 0) {
    return base::fail_errno(errno, "listen() to {}, backlog {} failed", address.text(), options.backlog);
  }
  return {};
}

bool choose_among_first(int fd, size_t first, size_t all) {
  if (first >= all) {
    int unused = 0;
    return ::setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &unused, sizeof unused) == 0 ||
           errno == ENOENT;
  }
  // The kernel numbers the sockets in the order in which they began to listen: random() % first.
  constexpr uint32_t kRandom = static_cast<uint32_t>(SKF_AD_OFF) + SKF_AD_RANDOM;
  sock_filter program[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, kRandom},
      {BPF_ALU | BPF_MOD | BPF_K, 0, 0, static_cast<uint32_t>(first)},
      {BPF_RET | BPF_A, 0, 0, 0},
  };
  sock_fprog chosen = {static_cast<unsigned short>(std::size(program)), program};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &chosen, sizeof chosen) == 0;
}

void remove_listener_path(const Address& address) {
  if (!address.path().empty()) ::unlink(std::string(address.path()).c_str());
}

Listener::Listener(event::Loop& loop, int fd, bool multi_accept, AcceptHandler& handler, base::Log& log)
    : io_(loop, on_io, this),
      pause_(loop, on_pause_end, this),
      address_(local_address(fd)),
      handler_(handler),
      log_(log),
      multi_accept_(multi_accept) {
  io_.open(fd);
}

Listener::~Listener() {
  if (gone_ != nullptr) *gone_ = true;
}

void Listener::start() {
  pause_.stop();
  io_.watch(EV_READ);
}

void Listener::stop() {
  pause_.stop();
  io_.watch(0);
}

void Listener::on_io(void* owner, int) {
  Listener* self = static_cast<Listener*>(owner);
  bool gone = false;
  self->gone_ = &gone;
  for (int left = self->multi_accept_ ? kMostInATurn : 1; left != 0; --left) {
    bool more = self->accept_one();
    if (gone) return;
    if (!more || !self->accepting()) break;
  }
  self->gone_ = nullptr;
}

void Listener::on_pause_end(void* owner) { static_cast<Listener*>(owner)->io_.watch(EV_READ); }

// Takes one connection from the queue; false when there is none for now.
bool Listener::accept_one() {
  sockaddr_storage storage = {};
  socklen_t length = sizeof storage;
  Fd socket(::accept4(fd(), reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) return refused(errno);
  handler_.on_accept(*this, std::move(socket), Address(reinterpret_cast<const sockaddr*>(&storage), length));
  return true;
}

bool Listener::refused(int code) {
  switch (code) {
    case EAGAIN: return false;
    // The client has left while it was queued; Linux also hands on what the network said of it (accept(2)).
    case ECONNABORTED:
    case EINTR:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
      if (code != EINTR) {
        log_.print(base::LogLevel::error, "accept4() failed ({}: {})", code, std::strerror(code));
      }
      return true;
    default: break;
  }
  // The queue would announce itself in every turn: look away for a while. Those in it wait.
  bool shortage = code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
  log_.print(shortage ? base::LogLevel::crit : base::LogLevel::alert, "accept4() failed ({}: {})", code,
             std::strerror(code));
  io_.watch(0);
  pause_.start(kPause);
  if (shortage) handler_.on_accept_shortage(*this, code);
  return false;
}

}  // namespace net
