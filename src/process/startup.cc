#include "process/startup.h"

#include <unistd.h>

#include "conf/parser.h"
#include "config.h"
#include "process/modules.h"

namespace process {

namespace {

base::LogLevel level_of(conf::Severity severity) {
  switch (severity) {
    case conf::Severity::error: return base::LogLevel::emerg;
    case conf::Severity::warning: return base::LogLevel::warn;
    case conf::Severity::notice: return base::LogLevel::notice;
  }
  return base::LogLevel::emerg;
}

void write_stderr(std::string_view text) {
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

Loaded load(const Start& start, shm::Segments* segments) {
  Loaded loaded;
  conf::Tree tree = conf::parse(start.paths.conf, start.paths.conf_prefix, loaded.diagnostics);
  if (!start.line.global.empty()) {
    conf::parse_global(start.line.global, tree, loaded.diagnostics, start.paths.conf_prefix);
  }
  loaded.sources.files = tree.files;
  proxy::BuildOptions options;
  options.prefix = start.paths.prefix;
  options.conf_prefix = start.paths.conf_prefix;
  options.compat = start.program.compat;
  options.test_only = segments == nullptr;
  options.segments = segments;
  options.modules = compiled_in_modules();
  loaded.config = proxy::Config::build(std::move(tree), options, loaded.diagnostics);
  if (loaded.diagnostics.failed()) loaded.config = nullptr;
  return loaded;
}

void report(const Loaded& loaded, ErrorLog& log) {
  for (const conf::Diagnostic& diagnostic : loaded.diagnostics.all()) {
    base::LogLevel level = level_of(diagnostic.severity);
    const conf::Position& at = diagnostic.at;
    std::string text = diagnostic.message;
    if (at.line != 0 && at.file < loaded.sources.files.size()) {
      text += fmt::format(" in {}:{}:{}", loaded.sources.files[at.file].path, at.line, at.column);
    }
    log.write(level, 0, text);
    if (!log.on_stderr(level)) continue;
    std::string shown = loaded.diagnostics.print(diagnostic, loaded.sources);
    size_t caret = shown.find('\n', shown.starts_with(diagnostic.message) ? diagnostic.message.size() : 0);
    if (caret != std::string::npos) write_stderr(shown.substr(caret + 1) + "\n");
  }
}

std::string pid_path(const proxy::Config& config, const Paths& paths) {
  return config.main().pid.empty() ? paths.full(PC_PID_PATH) : paths.full(config.main().pid);
}

}  // namespace process
