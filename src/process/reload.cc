// HUP: a new generation beside the running one. Whatever fails, the running one goes on untouched.
#include <unistd.h>

#include <algorithm>

#include "net/listener.h"
#include "process/daemon.h"
#include "process/master.h"
#include "process/pid_file.h"

namespace process {

void Master::reload() {
  if (new_binary_ != 0) {
    // The way back from an upgrade: workers again, by the configuration that is in memory.
    not_accepting_ = false;
    return fill_posts(current_);
  }
  log_.print(base::LogLevel::notice, "reconfiguring");
  segments_before_ = parts_.segments;
  next_ = prepare(parts_.start, parts_.segments, last_number_ + 1, current_->listening.all(), 1, log_);
  clock_.update();
  if (!next_) {
    parts_.segments = std::exchange(segments_before_, {});
    return;
  }
  last_number_ = next_->number;
  next_deadline_ = clock_.now() + kReadyWithin.count();
  size_t before = employed_.size();
  fill_posts(next_);
  if (employed_.size() - before < next_->workers + 1)
    abandon_reload(base::LogLevel::emerg, "not all processes could be started");
}

void Master::check_reload() {
  if (all_ready(next_->number)) return commit_reload();
  if (clock_.now() >= next_deadline_)
    abandon_reload(base::LogLevel::emerg, "the new processes are not ready in time");
}

// The new workers accept already; only now do the old ones stop.
void Master::commit_reload() {
  std::shared_ptr<Generation> old = std::exchange(current_, std::exchange(next_, nullptr));
  not_accepting_ = false;
  vacancies_.clear();
  backoffs_.clear();
  log_.write_to(current_->logs.error_sinks());
  if (parts_.daemon) redirect_stderr(current_->logs.error_sinks().front().file->fd);
  move_pid_file(*old);

  current_->listening.spread_evenly();
  for (Employed& employed : employed_) {
    if (employed.generation == old->number) drain(employed, old.get());
  }
  for (const std::shared_ptr<ListeningSocket>& socket : old->listening.all()) {
    if (!current_->listening.has(*socket)) net::remove_listener_path(socket->address);
  }
  old.reset();
  segments_before_ = {};
  parts_.segments.prune();
  end_oldest_generations();
}

void Master::abandon_reload(base::LogLevel level, std::string_view why) {
  log_.print(level, "reload given up, the running configuration stays: {}", why);
  std::shared_ptr<Generation> given_up = std::exchange(next_, nullptr);
  // They may have accepted connections already, so they drain like all others.
  for (Employed& employed : employed_) {
    if (employed.generation == given_up->number) drain(employed, given_up.get());
  }
  for (const std::shared_ptr<ListeningSocket>& socket : given_up->listening.all()) {
    if (!current_->listening.has(*socket)) net::remove_listener_path(socket->address);
  }
  given_up.reset();
  parts_.segments = std::exchange(segments_before_, {});
}

// The listeners of `old` that nobody will accept from when this worker has stopped.
std::vector<uint16_t> Master::vanishing(const Generation& old, const Employed& employed) const {
  std::vector<uint16_t> indexes;
  // A new binary accepts from all of them.
  if (employed.post.first != Kind::worker || new_binary_ != 0) return indexes;
  OpenSockets staying;
  if (!quitting_ && &old != current_.get()) staying = current_->listening.all();
  for (size_t i = 0; i < old.listening.count(); ++i) {
    std::vector<int> sockets = old.listening.fds(i, employed.post.second);
    if (sockets.empty()) continue;  // for datagrams: nothing waits in a queue
    int fd = sockets.front();
    bool stays = std::any_of(staying.begin(), staying.end(),
                             [fd](const auto& socket) { return socket->fd.get() == fd; });
    if (!stays) indexes.push_back(static_cast<uint16_t>(i));
  }
  return indexes;
}

void Master::move_pid_file(const Generation& old) {
  if (current_->pid_path == old.pid_path) return;
  base::Result<void> written = write_pid_file(current_->pid_path, getpid());
  if (!written) {
    log_.print(base::LogLevel::emerg, "{}", written.error().message);
    return;
  }
  unlink(pid_path_.c_str());
  pid_path_ = current_->pid_path;
}

}  // namespace process
