#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "process/command_line.h"
#include "process/launch.h"
#include "process/program.h"
#include "process/title.h"

namespace {

void say(const std::string& text) {
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

/// Without it, a socket or a log could become the standard error that everybody writes to.
void open_standard_descriptors() {
  int fd;
  do {
    fd = open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) close(fd);
}

}  // namespace

int main(int count, char** arguments) {
  open_standard_descriptors();
  process::Start start;
  start.program = process::Program::called(count > 0 ? arguments[0] : "");
  int given = count > 0 ? 1 : 0;
  base::Result<process::CommandLine> line =
      process::parse_command_line({arguments + given, static_cast<size_t>(count - given)});
  if (!line) {
    say(start.program.name + ": " + line.error().message + "\n");
    return 1;
  }
  start.line = std::move(*line);
  start.paths = process::Paths::from(start.line);

  if (start.line.show_version) {
    say(process::version_text(start.program));
    if (start.line.show_help) say(process::help_text(start.program));
    if (start.line.show_configure) say(process::configure_text());
    if (!start.line.test) return 0;
  }
  if (!start.line.manual.empty()) return process::print_manual(start);
  if (start.line.test) return process::test_configuration(start);
  if (!start.line.signal.empty()) return process::send_signal(start);

  process::Title title(count, arguments, start.program.name);
  return process::launch(start, title);
}
