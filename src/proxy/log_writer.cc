#include "proxy/log_writer.h"

#include <unistd.h>

#include "base/log.h"

namespace proxy {
namespace {

constexpr base::MonoTime kTellEvery = 60'000;  // milliseconds between two error lines about one log

}  // namespace

LogWriter::LogWriter(event::Loop& loop, base::Log& errors, std::shared_ptr<exchange::LogFile> file)
    : errors_(errors), file_(std::move(file)), timer_(loop, on_timer, this), loop_(loop) {}

LogWriter::~LogWriter() { flush(); }

void LogWriter::on_timer(void* self) { static_cast<LogWriter*>(self)->flush(); }

void LogWriter::write(std::string_view line) {
  if (file_->fd < 0 || full_second_ == loop_.clock().wall_seconds()) return;
  ssize_t written;
  do {
    written = ::write(file_->fd, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) return;
  int error = written < 0 ? errno : ENOSPC;
  if (error == ENOSPC) full_second_ = loop_.clock().wall_seconds();
  if (told_ != 0 && loop_.now() - told_ < kTellEvery) return;
  told_ = loop_.now();
  errors_.print(base::LogLevel::crit, "write() to \"{}\" failed ({}: {})", file_->path, error,
                strerror(error));
}

void LogWriter::keep(std::string_view line, size_t size, base::Duration flush_after) {
  if (waiting_.size() + line.size() > size) flush();
  if (line.size() > size) return write(line);
  if (waiting_.capacity() < size) waiting_.reserve(size);
  waiting_ += line;
  if (flush_after.count() > 0 && !timer_.active()) timer_.start(flush_after);
}

void LogWriter::flush() {
  timer_.stop();
  if (waiting_.empty()) return;
  write(waiting_);
  waiting_.clear();
}

}  // namespace proxy
