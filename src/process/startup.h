// From the command line to a configuration, and what is said about it: the same for a start, a reload, -t, -T
// and -s.
#pragma once

#include <memory>

#include "conf/diagnostics.h"
#include "process/command_line.h"
#include "process/error_log.h"
#include "process/paths.h"
#include "process/program.h"
#include "proxy/config.h"

namespace process {

/// What this program was told when it was started; the same until it ends.
struct Start {
  Program program;
  CommandLine line;
  Paths paths;
};

struct Loaded {
  std::shared_ptr<const proxy::Config> config;  ///< null when diagnostics holds an error
  conf::Diagnostics diagnostics;
  conf::Tree sources;  ///< its files only, for carets
};

/// Reads -g and the configuration file and builds what they say. `segments` null: only a test.
Loaded load(const Start& start, shm::Segments* segments);

/// Writes every diagnostic: errors as [emerg], each with "in FILE:LINE:COLUMN"; where stderr sees them, the
/// line and a caret follow.
void report(const Loaded& loaded, ErrorLog& log);

/// The path in `pid`, or the one compiled in.
std::string pid_path(const proxy::Config& config, const Paths& paths);

}  // namespace process
