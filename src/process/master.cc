#include "process/master.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "net/listener.h"
#include "process/daemon.h"
#include "process/pid_file.h"

namespace process {

Master::Master(MasterParts parts)
    : parts_(std::move(parts)),
      clock_(parts_.clock),
      log_(parts_.log),
      current_(std::move(parts_.generation)),
      last_number_(current_->number),
      pid_path_(current_->pid_path) {}

Master::~Master() = default;

int Master::run() {
  base::Result<SignalSource> signals = SignalSource::open();
  if (!signals) {
    log_.print(base::LogLevel::emerg, "{}", signals.error().message);
    return 1;
  }
  signals_ = std::move(*signals);
  start_deadline_ = clock_.now() + kReadyWithin.count();
  fill_posts(current_);
  while (!over()) {
    wait();
    clock_.update();
    for (const Arrived& signal : signals_.take()) on_signal(signal);
    hear_children();
    if (std::exchange(child_died_, false)) reap();
    act();
    if (starting_) check_start();
    if (next_) check_reload();
    fill_vacancies();
  }
  clean_up();
  log_.print(base::LogLevel::notice, "exit");
  return exit_code_;
}

void Master::wait() {
  std::vector<pollfd> watched{{signals_.fd(), POLLIN, 0}};
  for (const Employed& employed : employed_) {
    if (!employed.ready && employed.control) watched.push_back({employed.control.get(), POLLIN, 0});
  }
  poll(watched.data(), watched.size(), wait_time());
}

// Milliseconds until something is due; -1: nothing is.
int Master::wait_time() const {
  if (can_act()) return 0;
  base::MonoTime due = 0;
  auto consider = [&due](base::MonoTime when) { due = due == 0 ? when : std::min(due, when); };
  for (const Vacancy& vacancy : vacancies_) consider(vacancy.when);
  if (kill_at_ != 0) consider(kill_at_);
  if (next_) consider(next_deadline_);
  if (starting_) consider(start_deadline_);
  if (due == 0) return -1;
  return static_cast<int>(std::clamp<base::MonoTime>(due - clock_.now(), 0, 60000));
}

void Master::on_signal(const Arrived& signal) {
  std::string_view action = take_signal(signal.number);
  if (signal.sender != 0) {
    log_.print(base::LogLevel::notice, "signal {} ({}) received from {}{}", signal.number,
               signal_name(signal.number), signal.sender, action);
  } else {
    log_.print(base::LogLevel::notice, "signal {} ({}) received{}", signal.number, signal_name(signal.number),
               action);
  }
}

// Notes what a signal asks for; returns what the log says of it.
std::string_view Master::take_signal(int number) {
  switch (number) {
    case SIGTERM:
    case SIGINT: terminate_wanted_ = true; return ", exiting";
    case SIGQUIT: quit_wanted_ = true; return ", shutting down";
    case SIGHUP: reload_wanted_ = true; return ", reconfiguring";
    case SIGUSR1: reopen_wanted_ = true; return ", reopening logs";
    case SIGUSR2:
      // In the new binary while the old one runs, and in the old one while it has a new one.
      if (getppid() == parts_.parent || new_binary_ > 0) return ", ignoring";
      upgrade_wanted_ = true;
      return ", changing binary";
    case SIGWINCH:
      // In the foreground it only says that the terminal has another size.
      if (!parts_.daemon) return {};
      no_accept_wanted_ = true;
      return ", stop accepting connections";
    case SIGCHLD: child_died_ = true; return {};
  }
  return {};
}

void Master::act() {
  if (std::exchange(terminate_wanted_, false)) terminate();
  if (kill_at_ != 0 && clock_.now() >= kill_at_) {
    for (Employed& employed : employed_) send(employed, SIGKILL);
    kill_at_ = clock_.now() + kKillAfter.count();
  }
  if (terminating_) return;
  if (std::exchange(quit_wanted_, false)) quit();
  if (reload_wanted_ && is_settled()) {
    reload_wanted_ = false;
    reload();
  }
  if (std::exchange(reopen_wanted_, false)) reopen_logs();
  if (quitting_) return;
  if (upgrade_wanted_ && is_settled()) {
    upgrade_wanted_ = false;
    change_binary();
  }
  if (std::exchange(no_accept_wanted_, false)) stop_accepting();
}

void Master::terminate() {
  if (next_) abandon_reload(base::LogLevel::notice, "told to end");
  terminating_ = true;
  vacancies_.clear();
  for (Employed& employed : employed_) {
    employed.draining = true;
    send(employed, SIGTERM);
  }
  kill_at_ = clock_.now() + kKillAfter.count();
}

void Master::quit() {
  if (quitting_) return;
  quitting_ = true;
  stop_accepting();
  if (owns_paths()) {
    for (const std::shared_ptr<ListeningSocket>& socket : current_->listening.all()) {
      net::remove_listener_path(socket->address);
    }
  }
  current_->listening.close();
}

// All workers drain, and none is started until somebody says so.
void Master::stop_accepting() {
  if (next_) abandon_reload(base::LogLevel::notice, "told to stop");
  not_accepting_ = true;
  vacancies_.clear();
  for (Employed& employed : employed_) drain(employed, current_.get());
}

void Master::reopen_logs() {
  log_.print(base::LogLevel::notice, "reopening logs");
  for (const base::Error& error : current_->logs.reopen(&current_->account)) {
    log_.print(base::LogLevel::emerg, "{}", error.message);
  }
  // A daemon's stderr went to a log file, which now has another name.
  if (parts_.daemon) redirect_stderr(current_->logs.error_sinks().front().file->fd);
  for (Employed& employed : employed_) send(employed, SIGUSR1);
}

/// Whether the files of Unix sockets are ours alone: no other master listens on them.
bool Master::owns_paths() const {
  return new_binary_ == 0 && !(parts_.inherited && getppid() == parts_.parent);
}

void Master::clean_up() {
  if (owns_paths()) {
    for (const std::shared_ptr<ListeningSocket>& socket : current_->listening.all()) {
      net::remove_listener_path(socket->address);
    }
  }
  if (unlink(pid_path_.c_str()) != 0) {
    int code = errno;
    log_.print(base::LogLevel::alert, "unlink() \"{}\" failed ({}: {})", pid_path_, code,
               std::strerror(code));
  }
}

}  // namespace process
