#include "process/error_log.h"

#include <unistd.h>

#include <algorithm>

namespace process {

namespace {

/// More than this before there is a log is not kept.
constexpr size_t kMostKept = 1000;

void write_stderr(std::string_view bytes) {
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
}

}  // namespace

ErrorLog::ErrorLog(std::string name, const base::Clock& clock)
    : base::Log(-1, kStartLevel, &clock), name_(std::move(name)), clock_(&clock) {}

void ErrorLog::write_to(std::vector<Sink> sinks) {
  sinks_ = std::move(sinks);
  make_logs();
  base::LogLevel most = base::LogLevel::emerg;
  for (const Sink& sink : sinks_) most = std::max(most, sink.level);
  set_level(most);
  for (const Kept& line : kept_) {
    for (base::Log& log : logs_) {
      // What went to stderr as a copy is not repeated there.
      if (log.fd() == STDERR_FILENO && copies(line.level)) continue;
      if (log.enabled(line.level)) log.write(line.level, 0, line.text);
    }
  }
  kept_.clear();
}

void ErrorLog::make_logs() {
  logs_.clear();
  for (const Sink& sink : sinks_) logs_.emplace_back(sink.file->fd, sink.level, clock_);
}

void ErrorLog::use_clock(const base::Clock& clock) {
  clock_ = &clock;
  make_logs();
}

bool ErrorLog::on_stderr(base::LogLevel level) const {
  if (copies(level)) return true;
  return std::any_of(logs_.begin(), logs_.end(), [level](const base::Log& log) {
    return log.fd() == STDERR_FILENO && log.enabled(level);
  });
}

void ErrorLog::write(base::LogLevel level, uint64_t connection, std::string_view text) {
  bool wrote_stderr = false;
  for (base::Log& log : logs_) {
    if (!log.enabled(level)) continue;
    log.write(level, connection, text);
    wrote_stderr |= log.fd() == STDERR_FILENO;
  }
  if (logs_.empty() && kept_.size() < kMostKept) kept_.push_back({level, std::string(text)});
  if (!wrote_stderr && copies(level)) {
    write_stderr(fmt::format("{}: [{}] {}\n", name_, base::log_level_name(level), text));
  }
}

}  // namespace process
