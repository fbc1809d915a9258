// A load client that counts precisely, because wrk does not tell which request failed.
//
//   load rate PORT PATH REQUESTS-PER-SECOND SECONDS CONNECTIONS keep|close
//     sends on time whatever the answers do (open loop); a latency counts from when the request was due.
//     Prints one line of name=value: sent ok failed, what failed, and the latencies in microseconds. "keep"
//     reuses connections as long as the server lets it; "close" opens one for each request.
//   load idle PORT PATH CONNECTIONS
//     opens them, does one request on each, prints "ready COUNT", and holds them until its standard input
//     ends.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr double kAnswerSeconds = 5;  // no answer for so long is a failure

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

int connect_to(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    close(fd);
    return -1;
  }
  return fd;
}

// How far an answer has come.
class Answer {
 public:
  enum class State { partial, whole, broken };

  State feed(const char* bytes, size_t size) {
    bytes_.append(bytes, size);
    if (head_ == 0) {
      size_t end = bytes_.find("\r\n\r\n");
      if (end == std::string::npos) return State::partial;
      head_ = end + 4;
      if (!read_head()) return State::broken;
    }
    if (bytes_.size() > head_ + length_) return State::broken;
    return bytes_.size() == head_ + length_ ? State::whole : State::partial;
  }
  int status() const { return status_; }
  bool closes() const { return closes_; }
  bool is_begun() const { return !bytes_.empty(); }
  void clear() {
    bytes_.clear();
    head_ = length_ = 0;
    status_ = 0;
    closes_ = false;
  }

 private:
  bool read_head() {
    std::string head = bytes_.substr(0, head_);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
    if (head.compare(0, 7, "http/1.") != 0) return false;
    status_ = std::atoi(head.c_str() + 9);
    closes_ = head.find("\r\nconnection: close") != std::string::npos;
    size_t length = head.find("\r\ncontent-length: ");
    if (length == std::string::npos) return false;
    length_ = std::strtoul(head.c_str() + length + 18, nullptr, 10);
    return true;
  }

  std::string bytes_;
  size_t head_ = 0;
  size_t length_ = 0;
  int status_ = 0;
  bool closes_ = false;
};

struct Connection {
  int fd = -1;
  bool connected = false;
  bool busy = false;
  double due = 0;   // of the request under way
  double sent = 0;  // when it was handed over
  Answer answer;
};

class Load {
 public:
  Load(int port, const std::string& path, bool keep)
      : port_(port),
        keep_(keep),
        request_("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + (keep ? "" : "Connection: close\r\n") +
                 "\r\n"),
        poll_(epoll_create1(EPOLL_CLOEXEC)) {}

  void run_rate(double rate, double seconds, size_t most) {
    const double start = now();
    const auto total = static_cast<size_t>(rate * seconds);
    size_t due = 0;
    double last_sweep = start;
    while (due < total || !waiting_.empty() || busy_ > 0) {
      double time = now();
      while (due < total && start + static_cast<double>(due) / rate <= time) {
        waiting_.push_back(start + static_cast<double>(due) / rate);
        ++due;
      }
      while (!waiting_.empty() && begin(waiting_.front(), most)) waiting_.pop_front();
      int wait = due < total ? 1 : 50;
      turn(wait);
      if (now() - last_sweep > 0.5) {
        sweep();
        last_sweep = now();
      }
    }
    report();
  }

  // Opens a few hundred at a time, so that no listen queue overflows.
  size_t hold(size_t count) {
    size_t begun = 0;
    while (ok_ + failed_ < count) {
      while (begun < count && begun - (ok_ + failed_) < 256) {
        waiting_.push_back(now());
        open_new(waiting_.front());
        waiting_.pop_front();
        ++begun;
      }
      turn(50);
      sweep();
    }
    return ok_;
  }

 private:
  bool begin(double due, size_t most) {
    if (keep_ && !idle_.empty()) {
      Connection* connection = idle_.back();
      idle_.pop_back();
      start(*connection, due);
      return true;
    }
    if (connections_.size() >= most) return false;
    open_new(due);
    return true;
  }

  void open_new(double due) {
    int fd = connect_to(port_);
    if (fd < 0) return fail("connect");
    auto owned = std::make_unique<Connection>();
    owned->fd = fd;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP;
    event.data.ptr = owned.get();
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
    Connection& connection = *owned;
    connections_.emplace(&connection, std::move(owned));
    start(connection, due);
  }

  void start(Connection& connection, double due) {
    connection.due = due;
    connection.sent = now();
    connection.busy = true;
    ++busy_;
    connection.answer.clear();
    if (connection.connected) send_request(connection);
  }

  void send_request(Connection& connection) {
    if (send(connection.fd, request_.data(), request_.size(), MSG_NOSIGNAL) < 0) {
      fail(errno == EPIPE || errno == ECONNRESET ? "closed_before_answer" : "send");
      drop(connection);
    }
  }

  void turn(int milliseconds) {
    epoll_event events[256];
    int count = epoll_wait(poll_, events, 256, milliseconds);
    for (int i = 0; i < count; ++i) handle(*static_cast<Connection*>(events[i].data.ptr), events[i].events);
    dropped_.clear();
  }

  void handle(Connection& connection, uint32_t events) {
    if (connection.fd < 0) return;  // dropped earlier in this turn
    if (!connection.connected && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) {
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) {
        fail(error == ECONNREFUSED ? "refused" : "connect");
        return drop(connection);
      }
      connection.connected = true;
      send_request(connection);
      if (connection.fd < 0) return;
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) receive(connection);
  }

  void receive(Connection& connection) {
    char bytes[65536];
    while (connection.fd >= 0) {
      ssize_t got = recv(connection.fd, bytes, sizeof bytes, 0);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) {
        if (connection.busy)
          fail(connection.answer.is_begun() ? "truncated" : got < 0 ? "reset" : "closed_before_answer");
        return drop(connection);
      }
      if (!connection.busy) {
        fail("unasked_bytes");
        return drop(connection);
      }
      Answer::State state = connection.answer.feed(bytes, static_cast<size_t>(got));
      if (state == Answer::State::broken) {
        fail("malformed");
        return drop(connection);
      }
      if (state == Answer::State::whole) finish(connection);
    }
  }

  void finish(Connection& connection) {
    latencies_.push_back(now() - connection.due);
    if (connection.answer.status() == 200) {
      ++ok_;
    } else {
      fail(("status_" + std::to_string(connection.answer.status())).c_str());
    }
    if (connection.answer.closes() || !keep_) return drop(connection);
    connection.busy = false;
    --busy_;
    idle_.push_back(&connection);
  }

  void drop(Connection& connection) {
    if (connection.busy) --busy_;
    std::erase(idle_, &connection);
    close(connection.fd);
    connection.fd = -1;
    connection.busy = false;
    auto found = connections_.find(&connection);
    dropped_.push_back(std::move(found->second));
    connections_.erase(found);
  }

  // What has had no answer for too long.
  void sweep() {
    std::vector<Connection*> late;
    for (auto& [connection, owned] : connections_) {
      if (connection->busy && now() - connection->sent > kAnswerSeconds) late.push_back(connection);
    }
    for (Connection* connection : late) {
      fail("no_answer");
      drop(*connection);
    }
    dropped_.clear();
  }

  void fail(const char* why) {
    ++failed_;
    ++failures_[why];
  }

  void report() {
    std::sort(latencies_.begin(), latencies_.end());
    auto at = [&](double part) {
      return latencies_.empty()
                 ? 0.0
                 : latencies_[static_cast<size_t>(part * static_cast<double>(latencies_.size() - 1))] * 1e6;
    };
    std::printf("sent=%zu ok=%zu failed=%zu", ok_ + failed_, ok_, failed_);
    for (const auto& [why, count] : failures_) std::printf(" %s=%zu", why.c_str(), count);
    std::printf(" p50_us=%.0f p99_us=%.0f max_us=%.0f\n", at(0.5), at(0.99), at(1));
  }

  const int port_;
  const bool keep_;
  const std::string request_;
  const int poll_;
  std::map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> dropped_;  // kept until the turn ends: events may still name them
  std::vector<Connection*> idle_;
  std::deque<double> waiting_;
  std::vector<double> latencies_;
  std::map<std::string, size_t> failures_;
  size_t busy_ = 0;
  size_t ok_ = 0;
  size_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "rate" && argc == 8) {
    Load(std::atoi(argv[2]), argv[3], std::strcmp(argv[7], "keep") == 0)
        .run_rate(std::atof(argv[4]), std::atof(argv[5]), std::strtoul(argv[6], nullptr, 10));
    return 0;
  }
  if (mode == "idle" && argc == 5) {
    Load load(std::atoi(argv[2]), argv[3], true);
    std::printf("ready %zu\n", load.hold(std::strtoul(argv[4], nullptr, 10)));
    std::fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {}
    return 0;
  }
  std::fprintf(stderr,
               "usage: load rate PORT PATH RPS SECONDS CONNECTIONS keep|close\n       load idle PORT PATH "
               "CONNECTIONS\n");
  return 2;
}
