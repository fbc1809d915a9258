// What the program answers and ends: -t, -T, -s, -M.
#include <signal.h>
#include <unistd.h>

#include <cstdio>

#include "conf/manual.h"
#include "process/generation.h"
#include "process/launch.h"
#include "process/modules.h"
#include "process/pid_file.h"
#include "process/signals.h"

namespace process {

namespace {

void say(const Start& start, std::string_view text) {
  std::string line = fmt::format("{}: {}\n", start.program.name, text);
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

int test_configuration(const Start& start) {
  base::Clock clock;
  ErrorLog log(start.program.name, clock);
  if (!start.line.quiet) log.copy_to_stderr(base::LogLevel::notice);
  Loaded loaded = load(start, nullptr);
  report(loaded, log);
  if (loaded.config && !start.line.quiet) {
    say(start, fmt::format("the configuration file {} syntax is ok", start.paths.conf));
  }
  if (!loaded.config || !check(*loaded.config, start.paths, log)) {
    say(start, fmt::format("configuration file {} test failed", start.paths.conf));
    return 1;
  }
  if (!start.line.quiet)
    say(start, fmt::format("configuration file {} test is successful", start.paths.conf));
  if (start.line.dump) {
    std::string text = loaded.config->print();
    bool written =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (!written) return 1;
  }
  return 0;
}

int send_signal(const Start& start) {
  base::Clock clock;
  ErrorLog log(start.program.name, clock);
  Loaded loaded = load(start, nullptr);
  report(loaded, log);
  if (!loaded.config) return 1;
  base::Result<pid_t> pid = read_pid_file(pid_path(*loaded.config, start.paths));
  if (!pid) {
    log.print(base::LogLevel::error, "{}", pid.error().message);
    return 1;
  }
  int number = signal_for(start.line.signal);
  if (kill(*pid, number) == 0) return 0;
  int code = errno;
  log.print(base::LogLevel::alert, "kill({}, {}) failed ({}: {})", *pid, number, code, std::strerror(code));
  return 1;
}

int print_manual(const Start& start) {
  std::vector<const conf::Section*> sections = proxy::all_sections(compiled_in_modules());
  std::string text = start.line.manual == "man"     ? conf::print_man(sections)
                     : start.line.manual == "html"  ? conf::print_html(sections)
                     : start.line.manual == "names" ? conf::print_names(sections)
                                                    : conf::print_difference_table(sections);
  bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? 0 : 1;
}

}  // namespace process
