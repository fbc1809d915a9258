#include "base/log.h"

#include <unistd.h>

#include <cerrno>
#include <iterator>

namespace base {

namespace {

constexpr size_t kLongestLine = 2048;  // with its newline
constexpr std::string_view kNames[] = {"stderr", "emerg",  "alert", "crit", "error",
                                       "warn",   "notice", "info",  "debug"};

/// The line being put together; what does not fit is dropped, and there is always room for the newline.
class Line {
 public:
  void add(std::string_view text) {
    size_t room = kLongestLine - 1 - size_;
    if (text.size() > room) text = text.substr(0, room);
    std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ += text.size();
  }

  /// As add(), but with control characters spelled out: what a client sent must not look like a line of its
  /// own.
  void add_escaped(std::string_view text) {
    size_t plain = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      unsigned char c = static_cast<unsigned char>(text[i]);
      if (c >= 0x20 && c != 0x7f) continue;
      add(text.substr(plain, i - plain));
      char escape[8];
      add({escape, static_cast<size_t>(fmt::format_to_n(escape, sizeof escape, "\\x{:02X}", c).size)});
      plain = i + 1;
    }
    add(text.substr(plain));
  }

  std::string_view end() {
    bytes_[size_++] = '\n';
    return {bytes_, size_};
  }

 private:
  char bytes_[kLongestLine];
  size_t size_ = 0;
};

}  // namespace

Result<LogLevel> parse_log_level(std::string_view name) {
  for (size_t i = 1; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return static_cast<LogLevel>(i);
  }
  return fail("\"{}\" is not a log level: debug, info, notice, warn, error, crit, alert or emerg", name);
}

std::string_view log_level_name(LogLevel level) { return kNames[static_cast<size_t>(level)]; }

void Log::write(LogLevel level, uint64_t connection, std::string_view text) {
  if (fd_ < 0 || full_second_ == clock_->wall_seconds()) return;
  int saved_errno = errno;

  char head[96];
  auto end =
      fmt::format_to_n(head, sizeof head, " [{}] {}#{}: ", log_level_name(level), getpid(), gettid()).out;
  if (connection != 0) end = fmt::format_to_n(end, head + sizeof head - end, "*{} ", connection).out;

  Line line;
  line.add(clock_->log_time());
  line.add({head, static_cast<size_t>(end - head)});
  line.add_escaped(text);
  std::string_view bytes = line.end();

  ssize_t written;
  do {
    written = ::write(fd_, bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  // Trying every line again on a full disk would make a busy process a slow one.
  if (written < 0 && errno == ENOSPC) full_second_ = clock_->wall_seconds();
  errno = saved_errno;
}

}  // namespace base
