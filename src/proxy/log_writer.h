// What one process has still to write to one access log. Without a buffer each line is one write(2); with
// one, lines wait until it is full or old. Owned by the access log module of the process.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "event/loop.h"
#include "exchange/builder.h"

namespace base {
class Log;
}

namespace proxy {

class LogWriter {
 public:
  LogWriter(event::Loop& loop, base::Log& errors, std::shared_ptr<exchange::LogFile> file);
  /// Writes what waits.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// Writes `line`, its line end included, at once.
  void write(std::string_view line);
  /// Keeps `line` until `size` bytes wait, or for `flush` (0: without a limit).
  void keep(std::string_view line, size_t size, base::Duration flush);
  void flush();

 private:
  static void on_timer(void* self);

  base::Log& errors_;
  std::shared_ptr<exchange::LogFile> file_;
  std::string waiting_;
  event::Timer timer_;
  event::Loop& loop_;
  int64_t full_second_ = -1;  // when the disk was found full: nothing is tried again in that second
  base::MonoTime told_ = 0;   // when an error was last logged
};

}  // namespace proxy
