// floor PORT BODY-BYTES [COUNT]: the least a server can do. One epoll loop that answers every read with the
// same response and parses nothing: what is left is the kernel. What the socket does not take at once is
// written when it has room, so that a large body is a bare loop of writes. Also the origin of the other
// scenarios. COUNT: a file, the number of requests so far as eight bytes.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

// A response larger than this does not go out in one call: then its descriptor also waits for room.
constexpr size_t kOneWrite = 64 * 1024;

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

void add(int poll, int fd, uint32_t events = EPOLLIN) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

// Edge-triggered where the response is large: no system call is spent on asking for room and unasking.
void accept_all(int poll, int listener, bool large) {
  int fd;
  while ((fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    add(poll, fd, large ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN);
  }
}

// What is left to write on each descriptor.
class Unsent {
 public:
  size_t& of(int fd) {
    if (left_.size() <= static_cast<size_t>(fd)) left_.resize(static_cast<size_t>(fd) + 1);
    return left_[static_cast<size_t>(fd)];
  }

 private:
  std::vector<size_t> left_;
};

// Reads a request if none is being answered, and writes as much as the socket takes. False: it is over.
bool go_on(int fd, size_t& left, const std::string& response, uint64_t& requests) {
  static char request[65536];
  for (;;) {
    if (left == 0) {
      ssize_t got = read(fd, request, sizeof request);
      if (got < 0 && errno == EAGAIN) return true;
      if (got <= 0) return false;
      left = response.size();
      ++requests;
    }
    while (left > 0) {
      ssize_t sent = send(fd, response.data() + response.size() - left, left, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      left -= static_cast<size_t>(sent);
    }
    if (response.size() <= kOneWrite) return true;
  }
}

uint64_t* count_in(const char* path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, sizeof(uint64_t)) != 0) die(path);
  void* count = mmap(nullptr, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (count == MAP_FAILED) die("mmap");
  return static_cast<uint64_t*>(count);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: floor PORT BODY-BYTES [COUNT]\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const std::string response = response_of(std::strtoul(argv[2], nullptr, 10));
  int listener = listen_on(std::atoi(argv[1]));
  int poll = epoll_create1(EPOLL_CLOEXEC);
  add(poll, listener);
  static epoll_event events[512];
  const bool large = response.size() > kOneWrite;
  Unsent unsent;
  uint64_t uncounted = 0;
  uint64_t* requests = argc == 4 ? count_in(argv[3]) : &uncounted;
  while (true) {
    int count = epoll_wait(poll, events, 512, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < count; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        accept_all(poll, listener, large);
        continue;
      }
      if (!go_on(fd, unsent.of(fd), response, *requests)) {
        unsent.of(fd) = 0;
        close(fd);
      }
    }
  }
}
