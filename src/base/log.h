// The error log: one line an event, in nginx's form, written whole with one write(2).
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace base {

enum class LogLevel : unsigned char { stderr_only, emerg, alert, crit, error, warn, notice, info, debug };

/// "emerg" … "debug"; errors name the level that is not one.
Result<LogLevel> parse_log_level(std::string_view name);
std::string_view log_level_name(LogLevel level);

/// Where lines go. One per process and per `error_log` line; owned by the process, shared by reference.
class Log {
 public:
  /// Writes to descriptor `fd`, which it does not own, everything at `level` and more severe.
  Log(int fd, LogLevel level, const Clock* clock) : fd_(fd), level_(level), clock_(clock) {}
  virtual ~Log() = default;

  bool enabled(LogLevel level) const { return level <= level_; }
  LogLevel level() const { return level_; }
  int fd() const { return fd_; }
  void reopen(int fd) { fd_ = fd; }
  void set_level(LogLevel level) { level_ = level; }

  /// "1994/11/06 08:49:37 [warn] 12#12: *7 text\n"; `connection` 0 leaves "*7" out. Longer lines are cut at
  /// 2048 bytes, control characters are written as \x0A, and a line that cannot be written is lost: logging
  /// never blocks and never fails.
  virtual void write(LogLevel level, uint64_t connection, std::string_view text);

  template <class... Args>
  void print(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (enabled(level)) write(level, 0, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  int fd_;
  LogLevel level_;
  const Clock* clock_;
  int64_t full_second_ = -1;  // when the disk was found full: nothing is tried again in that second
};

}  // namespace base
