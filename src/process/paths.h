// The places a start is told of by its command line, else by the build: absolute, whatever the working
// directory becomes.
#pragma once

#include <string>

#include "process/command_line.h"

namespace process {

struct Paths {
  std::string prefix;       ///< ends in "/"
  std::string conf;         ///< the configuration file
  std::string conf_prefix;  ///< its folder, ends in "/"
  std::string error_log;    ///< the log until the configuration names another; "stderr" for that

  static Paths from(const CommandLine& line);

  /// `path` as seen from the prefix.
  std::string full(const std::string& path) const;
};

}  // namespace process
