#include "stream/text_answer.h"

#include <sys/socket.h>

#include <cerrno>

namespace stream {
namespace {

class Writing {
 public:
  Writing(event::Loop& loop, int fd, std::string_view text, base::Duration timeout)
      : answer_(loop.ready()),
        io_(loop, on_io, this),
        timer_(loop, on_timeout, this),
        rest_(text),
        timeout_(timeout) {
    io_.open(fd);
    timer_.start(timeout);
    write();
  }
  event::Answer<bool>& answer() { return answer_; }
  size_t left() const { return rest_.size(); }

 private:
  static void on_io(void* owner, int) { static_cast<Writing*>(owner)->write(); }
  static void on_timeout(void* owner) { static_cast<Writing*>(owner)->end(false); }
  void end(bool whole) {
    io_.watch(0);
    answer_.give(whole);
  }
  void write();

  event::Answer<bool> answer_;
  event::Io io_;
  event::Timer timer_;
  std::string_view rest_;
  base::Duration timeout_;
};

void Writing::write() {
  while (!rest_.empty()) {
    ssize_t sent = ::send(io_.fd(), rest_.data(), rest_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return io_.watch(EV_WRITE);
    if (sent < 0) return end(false);
    rest_.remove_prefix(static_cast<size_t>(sent));
    timer_.start(timeout_);
  }
  end(true);
}

}  // namespace

event::Task<bool> write_text(Session& session, std::string_view text, event::CancelScope& scope) {
  Writing writing(session.worker.loop(), session.socket.get(), text, session.server.conf->timeout);
  event::Answer<bool>& answer = writing.answer();
  event::Canceling<bool> canceling(scope, answer, false);
  bool whole = co_await answer;
  session.sent = text.size() - writing.left();
  if (whole) ::shutdown(session.socket.get(), SHUT_WR);
  co_return whole;
}

}  // namespace stream
