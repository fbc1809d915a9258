// The error log of one process: every `error_log` line of the main level, and at start a copy on stderr.
// Owned by the process; everything below writes to it as a base::Log. Never blocks, never fails.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "exchange/builder.h"

namespace process {

/// The level of the log before the configuration says another.
inline constexpr base::LogLevel kStartLevel = base::LogLevel::notice;

class ErrorLog final : public base::Log {
 public:
  struct Sink {
    std::shared_ptr<exchange::LogFile> file;
    base::LogLevel level;
  };

  /// Keeps lines until it is told where they go; from `warn` on they are also written to stderr as
  /// "name: [warn] text".
  ErrorLog(std::string name, const base::Clock& clock);

  /// Where lines go from now on; what was kept is written there first. The files stay open as long as this
  /// uses them.
  void write_to(std::vector<Sink> sinks);
  const std::vector<Sink>& sinks() const { return sinks_; }
  /// Whether a line of that level reaches stderr, be it as a sink.
  bool on_stderr(base::LogLevel level) const;
  /// Which lines stderr gets a copy of; `warn` unless said.
  void copy_to_stderr(base::LogLevel level) { copied_ = level; }
  /// Ends the copy on stderr: the start is over, or stderr is gone.
  void leave_stderr() { copies_to_stderr_ = false; }
  /// After fork(), in a process with a clock of its own.
  void use_clock(const base::Clock& clock);

  void write(base::LogLevel level, uint64_t connection, std::string_view text) override;

 private:
  struct Kept {
    base::LogLevel level;
    std::string text;
  };
  void make_logs();
  bool copies(base::LogLevel level) const { return copies_to_stderr_ && level <= copied_; }

  std::string name_;
  const base::Clock* clock_;
  bool copies_to_stderr_ = true;
  base::LogLevel copied_ = base::LogLevel::warn;
  std::vector<Sink> sinks_;
  std::vector<base::Log> logs_;  // one a sink
  std::vector<Kept> kept_;
};

}  // namespace process
