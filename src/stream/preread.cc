#include "stream/preread.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/socket.h"

namespace stream {
namespace {

using base::LogLevel;
using Kind = net::ClientHello::Kind;

/// Where the socket cannot say that there is more than before (a Unix socket; the client has ended), one
/// looks again after this time.
constexpr base::Duration kLookAgain{20};

class Looking {
 public:
  Looking(event::Loop& loop, int fd, size_t most, base::Duration timeout)
      : answer_(loop.ready()),
        io_(loop, on_io, this),
        timeout_(loop, on_timeout, this),
        again_(loop, on_io_again, this),
        bytes_(new char[most]),
        most_(most) {
    io_.open(fd);
    timeout_.start(timeout);
    look();
  }
  ~Looking() { expect(1); }
  Looking(const Looking&) = delete;
  Looking& operator=(const Looking&) = delete;

  /// 0: it is known what it is; ENOBUFS: it does not fit; otherwise an errno.
  event::Answer<int>& answer() { return answer_; }
  bool is_hello() const { return kind_ == Kind::whole; }
  net::ClientHello take() { return std::move(hello_); }

 private:
  static void on_io(void* owner, int) { static_cast<Looking*>(owner)->look(); }
  static void on_io_again(void* owner) { static_cast<Looking*>(owner)->look(); }
  static void on_timeout(void* owner) { static_cast<Looking*>(owner)->end(ETIMEDOUT); }
  void expect(size_t bytes) { net::set_option(io_.fd(), SOL_SOCKET, SO_RCVLOWAT, static_cast<int>(bytes)); }
  void end(int code) {
    io_.watch(0);
    again_.stop();
    answer_.give(code);
  }
  void look();

  event::Answer<int> answer_;
  event::Io io_;
  event::Timer timeout_;
  event::Timer again_;
  std::unique_ptr<char[]> bytes_;
  size_t most_;
  size_t seen_ = 0;
  net::ClientHello hello_;
  Kind kind_ = Kind::partial;
};

void Looking::look() {
  if (answer_.given()) return;
  ssize_t got = ::recv(io_.fd(), bytes_.get(), most_, MSG_PEEK);
  if (got < 0 && errno != EAGAIN && errno != EINTR) return end(errno);
  if (got == 0) return end(ECONNRESET);
  if (got < 0) return io_.watch(EV_READ);
  size_t size = static_cast<size_t>(got);
  if (size <= seen_) {
    io_.watch(0);
    return again_.start(kLookAgain);
  }
  seen_ = size;
  kind_ = hello_.parse({bytes_.get(), size});
  if (kind_ != Kind::partial) return end(0);
  if (size == most_) return end(ENOBUFS);
  expect(size + 1);
  io_.watch(EV_READ);
}

}  // namespace

event::Task<int> preread_hello(Session& session, event::CancelScope& scope) {
  constexpr int kGone = 200, kBadRequest = 400;
  const ServerConf& conf = *session.server.conf;
  auto looking = std::make_unique<Looking>(session.worker.loop(), session.socket.get(),
                                           conf.preread_buffer_size, conf.preread_timeout);
  event::Answer<int>& answer = looking->answer();
  event::Canceling<int> canceling(scope, answer, ECANCELED);
  int code = co_await answer;
  if (code == 0) {
    if (looking->is_hello()) session.hello = looking->take();
    co_return 0;
  }
  if (code == ENOBUFS) {
    session.log(LogLevel::error, "preread buffer full: no ClientHello within {} bytes",
                conf.preread_buffer_size);
    co_return kBadRequest;
  }
  session.log(LogLevel::info, "no ClientHello came ({}: {})", code, std::strerror(code));
  co_return kGone;
}

}  // namespace stream
