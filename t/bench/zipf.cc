// zipf PORT OBJECTS REQUESTS CONNECTIONS SEED: asks for /0 to /OBJECTS-1 as a Zipf(1.0) sequence of that seed
// says, each connection for the next one as soon as it has its answer. Prints how many were answered whole
// with 200 and how many failed.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "zipf.h"

namespace {

struct Connection {
  int fd = -1;
  size_t have = 0;
  char bytes[16384];
};

class Load {
 public:
  Load(int port, size_t objects, size_t requests, uint64_t seed)
      : port_(port), left_(requests), zipf_(objects, seed), poll_(epoll_create1(EPOLL_CLOEXEC)) {}

  void run(size_t connections) {
    for (size_t i = 0; i < connections && left_ > 0; ++i) {
      connections_.push_back(std::make_unique<Connection>());
      open(*connections_.back());
    }
    epoll_event events[256];
    while (busy_ > 0) {
      int count = epoll_wait(poll_, events, 256, 10'000);
      if (count == 0) break;  // what has no answer by now failed
      for (int i = 0; i < count; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
    }
    std::printf("ok=%zu failed=%zu\n", ok_, failed_ + busy_);
  }

 private:
  void open(Connection& connection) {
    connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      std::perror("connect");
      std::exit(1);
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    epoll_ctl(poll_, EPOLL_CTL_ADD, connection.fd, &event);
    ++busy_;
    ask(connection);
  }

  void ask(Connection& connection) {
    connection.have = 0;
    if (left_ == 0) {
      --busy_;
      return;
    }
    --left_;
    char request[128];
    int size =
        std::snprintf(request, sizeof request, "GET /%zu HTTP/1.1\r\nHost: localhost\r\n\r\n", zipf_.next());
    (void)!send(connection.fd, request, static_cast<size_t>(size), MSG_NOSIGNAL);
  }

  void reopen(Connection& connection) {
    ++failed_;
    --busy_;
    close(connection.fd);
    open(connection);
  }

  void receive(Connection& connection) {
    ssize_t got = recv(connection.fd, connection.bytes + connection.have,
                       sizeof connection.bytes - 1 - connection.have, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return reopen(connection);
    connection.have += static_cast<size_t>(got);
    connection.bytes[connection.have] = '\0';
    const char* end = std::strstr(connection.bytes, "\r\n\r\n");
    if (end == nullptr) return;
    const char* length = strcasestr(connection.bytes, "\r\ncontent-length:");
    if (length == nullptr || length > end || std::strncmp(connection.bytes + 9, "200", 3) != 0) {
      return reopen(connection);
    }
    size_t whole = static_cast<size_t>(end + 4 - connection.bytes) + std::strtoul(length + 17, nullptr, 10);
    if (connection.have < whole) return;
    ++ok_;
    ask(connection);
  }

  int port_;
  size_t left_;
  Zipf zipf_;
  int poll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  size_t busy_ = 0, ok_ = 0, failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: zipf PORT OBJECTS REQUESTS CONNECTIONS SEED\n");
    return 2;
  }
  Load(std::atoi(argv[1]), std::strtoul(argv[2], nullptr, 10), std::strtoul(argv[3], nullptr, 10),
       std::strtoul(argv[5], nullptr, 10))
      .run(std::strtoul(argv[4], nullptr, 10));
}
