// relay PORT ORIGIN-PORT: the least a proxy can do. One epoll loop that carries bytes between a client and a
// connection of its own to the origin, reads no word of them, and keeps both open: read, send, read, send for
// each request.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = loopback(port);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (listen(fd, 4096) != 0) die("listen");
  return fd;
}

void prepare(int poll, int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

// The other side of each descriptor; -1 where there is none.
class Pairs {
 public:
  void join(int one, int other) {
    size_t top = static_cast<size_t>(one > other ? one : other) + 1;
    if (other_.size() < top) other_.resize(top, -1);
    other_[static_cast<size_t>(one)] = other;
    other_[static_cast<size_t>(other)] = one;
  }
  int other(int fd) const {
    return static_cast<size_t>(fd) < other_.size() ? other_[static_cast<size_t>(fd)] : -1;
  }
  void close_both(int fd) {
    int far = other(fd);
    other_[static_cast<size_t>(fd)] = other_[static_cast<size_t>(far)] = -1;
    close(fd);
    close(far);
  }

 private:
  std::vector<int> other_;
};

void accept_all(int poll, int listener, int origin_port, Pairs& pairs) {
  int client;
  while ((client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    int origin = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(origin_port);
    if (connect(origin, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("connect");
    prepare(poll, client);
    prepare(poll, origin);
    pairs.join(client, origin);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: relay PORT ORIGIN-PORT\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  int listener = listen_on(std::atoi(argv[1]));
  int poll = epoll_create1(EPOLL_CLOEXEC);
  prepare(poll, listener);
  Pairs pairs;
  static epoll_event events[512];
  static char bytes[65536];
  while (true) {
    int count = epoll_wait(poll, events, 512, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        accept_all(poll, listener, std::atoi(argv[2]), pairs);
        continue;
      }
      if (pairs.other(fd) < 0) continue;  // closed earlier in this turn
      ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0 || send(pairs.other(fd), bytes, static_cast<size_t>(got), MSG_NOSIGNAL) < 0)
        pairs.close_both(fd);
    }
  }
}
