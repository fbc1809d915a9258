#include "process/launch.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "config.h"
#include "process/daemon.h"
#include "process/environment.h"
#include "process/master.h"
#include "process/pid_file.h"
#include "process/worker.h"

namespace process {

namespace {

/// Descriptors that listeners, logs, pipes and the process table need in the master; workers have their own
/// limit.
constexpr uint64_t kOpenFiles = 65536;

/// What a start was given by an old master, or makes itself.
struct Shared {
  shm::Segments segments;
  OpenSockets open;
  uint32_t generation = 0;
  std::string events;
  bool inherited = false;
};

base::Result<void> inherit(Shared& shared) {
  const char* text = getenv(kInheritVariable);
  if (text == nullptr) return {};
  base::Result<Inheritance> given = Inheritance::parse(text);
  unsetenv(kInheritVariable);
  if (!given) return tl::unexpected(given.error());
  base::Result<OpenSockets> open = Listening::inherited(given->listening);
  if (!open) return tl::unexpected(open.error());
  shared.open = std::move(*open);
  shared.generation = given->generation;
  shared.events = given->events;
  shared.segments.take_over(given->segments);
  shared.inherited = true;
  return {};
}

base::Result<shm::ProcessTable> open_table(Shared& shared, unsigned workers) {
  if (!shared.events.empty()) return shm::ProcessTable::take_over(shared.segments, shared.events);
  // Room for the running generation, those that drain, and the same again of a new binary; and for more
  // workers later.
  uint64_t wanted = std::max<uint64_t>((uint64_t{workers} + 1) * 20, 512);
  uint64_t possible = open_files_limit() / 4;
  return shm::ProcessTable::make(
      shared.segments, static_cast<uint16_t>(std::clamp<uint64_t>(std::min(wanted, possible), 16, 4096)));
}

/// A start that failed before any configured log was open: its lines go to the log of -e, as well as to
/// stderr.
int fail_start(const Start& start, ErrorLog& log) {
  const std::string& path = start.paths.error_log;
  if (path == "stderr" || !log.sinks().empty()) return 1;
  auto file = std::make_shared<exchange::LogFile>(exchange::LogFile{path});
  file->fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
  if (file->fd < 0) {
    int code = errno;
    log.print(base::LogLevel::alert, "could not open error log file: open() \"{}\" failed ({}: {})", path,
              code, std::strerror(code));
    return 1;
  }
  log.write_to({{file, kStartLevel}});
  close(file->fd);
  return 1;
}

int refuse(const Start& start, ErrorLog& log, const base::Error& error) {
  log.print(base::LogLevel::emerg, "{}", error.message);
  return fail_start(start, log);
}

void log_banner(const Start& start, base::Log& log) {
  log.print(base::LogLevel::notice, "{}", start.program.version);
  log.print(base::LogLevel::notice, "built by {}", PC_COMPILER);
  utsname system{};
  if (uname(&system) == 0) log.print(base::LogLevel::notice, "OS: {} {}", system.sysname, system.release);
}

int run_alone(const Start& start, Title& title, const std::shared_ptr<Generation>& generation,
              shm::ProcessTable& processes, base::Clock& clock) {
  ErrorLog log(start.program.name, clock);
  log.leave_stderr();
  log.write_to(generation->logs.error_sinks());
  shm::ProcessIndex index = processes.claim(shm::ProcessKind::worker, 0, generation->number);
  processes.started(index, getpid());
  int code;
  {
    Place place{start, *generation, title, log, processes, index, 0, net::Fd()};
    WorkerProcess worker(place);
    code = worker.run();
  }
  unlink(generation->pid_path.c_str());
  return code;
}

}  // namespace

int launch(const Start& start, Title& title) {
  base::Clock clock;
  ErrorLog log(start.program.name, clock);
  pid_t parent = getppid();
  std::string program = program_path(title.arguments().front());
  Shared shared;
  base::Result<void> inherited = inherit(shared);
  if (!inherited) return refuse(start, log, inherited.error());
  base::Result<uint64_t> raised = raise_open_files(kOpenFiles);
  if (!raised) log.print(base::LogLevel::notice, "{}", raised.error().message);

  std::shared_ptr<Generation> generation =
      prepare(start, shared.segments, shared.generation + 1, shared.open, kBindTries, log);
  if (!generation) return fail_start(start, log);
  shared.open.clear();
  log.write_to(generation->logs.error_sinks());
  log_banner(start, log);

  base::Result<shm::ProcessTable> processes = open_table(shared, generation->workers);
  if (!processes) return refuse(start, log, processes.error());
  base::Result<shm::SegmentPtr> lease = Lease::make(shared.segments);
  if (!lease) return refuse(start, log, lease.error());

  const proxy::MainConf& main = generation->config->main();
  net::Fd started;
  if (main.daemon && !shared.inherited) {
    base::Result<net::Fd> daemon = become_daemon();
    if (!daemon) return refuse(start, log, daemon.error());
    started = std::move(*daemon);
    parent = -1;  // it only waits for us
  }
  block_signals();
  base::Result<void> pid_written = write_pid_file(generation->pid_path, getpid());
  if (!pid_written) return refuse(start, log, pid_written.error());
  bool is_daemon = main.daemon || shared.inherited;
  log.leave_stderr();
  if (is_daemon) redirect_stderr(generation->logs.error_sinks().front().file->fd);

  if (!main.master_process) {
    // There is nobody to wait for: it serves from its first turn on.
    if (started && write(started.get(), "R", 1) == 1) started.reset();
    return run_alone(start, title, generation, *processes, clock);
  }
  std::string shown = "master process";
  for (const std::string& argument : title.arguments()) shown += " " + argument;
  title.show(shown);
  Master master({start, title, clock, log, shared.segments, *processes, *lease, std::move(generation),
                 program, parent, shared.inherited, is_daemon, std::move(started)});
  return master.run();
}

}  // namespace process
