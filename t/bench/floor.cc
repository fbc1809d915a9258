// floor PORT BODY-BYTES: the least a server can do. One epoll loop that answers every read with the same
// response and parses nothing: what is left is the kernel. Also the origin of the other scenarios.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (listen(fd, 4096) != 0) die("listen");
  return fd;
}

// The Date is that of the start: it costs nothing, and a cache may keep the answer for an hour.
std::string response_of(size_t size) {
  char date[64];
  std::time_t now = std::time(nullptr);
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", std::gmtime(&now));
  std::string body;
  while (body.size() < size) body += static_cast<char>('a' + body.size() % 26);
  return "HTTP/1.1 200 OK\r\nDate: " + std::string(date) +
         "\r\nContent-Type: text/plain\r\nCache-Control: max-age=3600\r\nContent-Length: " +
         std::to_string(size) + "\r\n\r\n" + body;
}

void add(int poll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

void accept_all(int poll, int listener) {
  int fd;
  while ((fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    add(poll, fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: floor PORT BODY-BYTES\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const std::string response = response_of(std::strtoul(argv[2], nullptr, 10));
  int listener = listen_on(std::atoi(argv[1]));
  int poll = epoll_create1(EPOLL_CLOEXEC);
  add(poll, listener);
  static epoll_event events[512];
  static char request[65536];
  while (true) {
    int count = epoll_wait(poll, events, 512, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        accept_all(poll, listener);
        continue;
      }
      ssize_t got = read(fd, request, sizeof request);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0 || send(fd, response.data(), response.size(), MSG_NOSIGNAL) < 0) close(fd);
    }
  }
}
