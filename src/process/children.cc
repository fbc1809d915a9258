// Who is started, who has died, and what follows.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "process/master.h"
#include "process/worker.h"

namespace process {

namespace {

constexpr uint32_t kKeeperSlot = UINT32_MAX;

std::string_view name_of(shm::ProcessKind kind) {
  return kind == shm::ProcessKind::keeper ? "keeper process" : "worker process";
}

}  // namespace

// Starts whoever is missing in a generation.
void Master::fill_posts(const std::shared_ptr<Generation>& generation) {
  auto is_filled = [&](const Post& post) {
    return std::any_of(employed_.begin(), employed_.end(), [&](const Employed& employed) {
      return employed.post == post && employed.generation == generation->number && !employed.draining;
    });
  };
  Post keeper{Kind::keeper, kKeeperSlot};
  if (!is_filled(keeper)) employ(keeper, generation);
  for (uint32_t slot = 0; slot < generation->workers; ++slot) {
    Post post{Kind::worker, slot};
    if (!is_filled(post)) employ(post, generation);
  }
}

void Master::employ(Post post, const std::shared_ptr<Generation>& generation) {
  auto later = [&](std::string_view why) {
    log_.print(base::LogLevel::alert, "cannot start {}: {}", name_of(post.first), why);
    if (generation == current_) {
      vacancies_.push_back({post, clock_.now() + backoffs_[post].after(base::Duration(0)).count()});
    }
  };
  base::Result<ControlPair> control = ControlPair::make();
  if (!control) return later(control.error().message);
  shm::ProcessIndex index =
      parts_.processes.claim(post.first, static_cast<uint16_t>(post.second), generation->number);
  if (index == shm::kNoProcess) return later("the process table is full");

  std::fflush(nullptr);
  pid_t pid = fork();
  if (pid == 0) {
    control->master.reset();
    become_child(post, generation, index, std::move(control->child));
  }
  if (pid < 0) {
    int code = errno;
    parts_.processes.died(index);
    return later(fmt::format("fork() failed ({}: {})", code, std::strerror(code)));
  }
  parts_.processes.started(index, pid);
  log_.print(base::LogLevel::notice, "start {} {}", name_of(post.first), pid);
  employed_.push_back({pid, post, generation->number, index, std::move(control->master), clock_.now()});
}

// From here on this process is a child: everything of the master's that it does not need is closed first.
void Master::become_child(Post post, std::shared_ptr<Generation> generation, shm::ProcessIndex index,
                          net::Fd control) {
  parts_.processes.started(index, getpid());
  parts_.started.reset();
  signals_ = SignalSource();
  employed_.clear();
  if (current_ != generation) current_.reset();
  if (next_ != generation) next_.reset();

  bool is_keeper = post.first == Kind::keeper;
  parts_.title.show(name_of(post.first));
  if (!is_keeper) generation->listening.keep_only(post.second);

  ErrorLog log(parts_.start.program.name, clock_);
  log.leave_stderr();
  log.write_to(generation->logs.error_sinks());
  Place place{parts_.start,     *generation, parts_.title, log,
              parts_.processes, index,       post.second,  std::move(control)};
  int code = kExitFatal;
  if (!is_keeper) {
    WorkerProcess worker(place);
    code = worker.run();
  } else if (base::Result<Lease> lease = Lease::map(*parts_.lease); lease) {
    KeeperProcess keeper(place, parts_.processes, std::move(*lease));
    code = keeper.run();
  } else {
    log.print(base::LogLevel::emerg, "{}", lease.error().message);
  }
  std::exit(code);
}

void Master::hear_children() {
  for (Employed& employed : employed_) {
    if (employed.ready || !employed.control) continue;
    std::optional<bool> ready = heard_ready(employed.control.get());
    // It has ended: its death will be told by SIGCHLD.
    if (!ready) employed.control.reset();
    if (ready.value_or(false)) employed.ready = true;
  }
}

void Master::reap() {
  for (;;) {
    int status = 0;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return;
    bury(pid, status);
  }
}

void Master::log_death(const std::string& name, pid_t pid, int status) {
  if (WIFSIGNALED(status)) {
    log_.print(base::LogLevel::alert, "{} {} exited on signal {}{}", name, pid, WTERMSIG(status),
               WCOREDUMP(status) ? " (core dumped)" : "");
  } else {
    int code = WEXITSTATUS(status);
    log_.print(code == 0 ? base::LogLevel::notice : base::LogLevel::error, "{} {} exited with code {}", name,
               pid, code);
  }
}

void Master::bury(pid_t pid, int status) {
  if (pid == new_binary_) return bury_new_binary(status);
  auto found =
      std::find_if(employed_.begin(), employed_.end(), [pid](const Employed& e) { return e.pid == pid; });
  if (found == employed_.end()) return log_death("unknown process", pid, status);

  Employed dead = std::move(*found);
  employed_.erase(found);
  log_death(std::string(name_of(dead.post.first)), pid, status);
  parts_.processes.died(dead.index);
  wake_keepers(parts_.processes);
  if (dead.draining || terminating_ || quitting_) return;
  if (next_ && dead.generation == next_->number) {
    return abandon_reload(base::LogLevel::emerg,
                          fmt::format("{} {} ended before it was ready", name_of(dead.post.first), pid));
  }
  if (dead.generation != current_->number || not_accepting_) return;
  bool fatal = WIFEXITED(status) && WEXITSTATUS(status) == kExitFatal;
  if (!fatal) return replace(dead);
  log_.print(base::LogLevel::alert, "{} {} exited with fatal code {} and cannot be respawned",
             name_of(dead.post.first), pid, kExitFatal);
}

void Master::replace(const Employed& dead) {
  base::Duration delay = backoffs_[dead.post].after(base::Duration(clock_.now() - dead.since));
  if (delay.count() == 0) return employ(dead.post, current_);
  log_.print(base::LogLevel::warn, "{} of slot {} died at once, trying again in {} ms",
             name_of(dead.post.first), dead.post.second, delay.count());
  vacancies_.push_back({dead.post, clock_.now() + delay.count()});
}

void Master::fill_vacancies() {
  std::vector<Vacancy> due;
  std::erase_if(vacancies_, [&](const Vacancy& vacancy) {
    if (vacancy.when > clock_.now()) return false;
    due.push_back(vacancy);
    return true;
  });
  for (const Vacancy& vacancy : due) employ(vacancy.post, current_);
}

void Master::send(Employed& to, int number) {
  if (kill(to.pid, number) == 0) return;
  int code = errno;
  log_.print(base::LogLevel::alert, "kill({}, {}) failed ({}: {})", to.pid, number, code,
             std::strerror(code));
}

// `last_of`: the generation whose listeners it may be the last to accept from.
void Master::drain(Employed& employed, const Generation* last_of) {
  if (employed.draining) return;
  employed.draining = true;
  if (last_of != nullptr && employed.generation == last_of->number && employed.control) {
    say_last_listeners(employed.control.get(), vanishing(*last_of, employed));
  }
  send(employed, SIGQUIT);
}

bool Master::all_ready(uint32_t generation) const {
  return std::all_of(employed_.begin(), employed_.end(), [generation](const Employed& employed) {
    return employed.generation != generation || employed.draining || employed.ready;
  });
}

// The start has worked when every place of the first generation has been filled; it has failed when nobody
// could, or nobody was ready for a long time.
void Master::check_start() {
  if (terminating_ || quitting_ || not_accepting_) {
    starting_ = false;
    return;
  }
  auto is_worker = [](const Employed& employed) { return employed.post.first == Kind::worker; };
  bool has_worker = std::any_of(employed_.begin(), employed_.end(), is_worker);
  if (has_worker && vacancies_.empty() && all_ready(current_->number)) return tell_started();

  bool late = clock_.now() >= start_deadline_;
  bool has_ready = std::any_of(employed_.begin(), employed_.end(), [&](const Employed& employed) {
    return is_worker(employed) && employed.ready;
  });
  if (late && has_ready) return tell_started();
  if (!late && (has_worker || !vacancies_.empty())) return;
  log_.print(base::LogLevel::emerg, "no worker process could be started");
  exit_code_ = 1;
  starting_ = false;
  terminate();
}

void Master::tell_started() {
  starting_ = false;
  current_->listening.spread_evenly();
  if (!parts_.started) return;
  [[maybe_unused]] ssize_t written = write(parts_.started.get(), "R", 1);
  parts_.started.reset();
}

void Master::end_oldest_generations() {
  std::set<uint32_t> draining;
  for (const Employed& employed : employed_) {
    if (employed.draining) draining.insert(employed.generation);
  }
  while (draining.size() > kMostDraining) {
    uint32_t oldest = *draining.begin();
    draining.erase(draining.begin());
    log_.print(base::LogLevel::warn, "more than {} generations are draining: the oldest, {}, is ended",
               kMostDraining, oldest);
    for (Employed& employed : employed_) {
      if (employed.generation == oldest) send(employed, SIGTERM);
    }
  }
}

}  // namespace process
