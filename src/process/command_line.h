// What the command line asks for, in nginx's options and their combined forms (-tc FILE). Only words: nothing
// is opened or looked up here.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace process {

struct CommandLine {
  bool show_version = false;             ///< -v, and with every option that shows more
  bool show_help = false;                ///< -? -h
  bool show_configure = false;           ///< -V
  bool test = false;                     ///< -t -T
  bool dump = false;                     ///< -T
  bool quiet = false;                    ///< -q
  std::optional<std::string> prefix;     ///< -p
  std::optional<std::string> error_log;  ///< -e; "stderr" as written
  std::optional<std::string> conf;       ///< -c
  std::string global;                    ///< -g
  std::string signal;                    ///< -s: stop, quit, reopen or reload
  std::string manual;                    ///< -M: man, html, differences or names, for the build and the tests
};

/// Parses what follows the program's name. Errors are whole sentences in nginx's words.
base::Result<CommandLine> parse_command_line(std::span<const char* const> arguments);

}  // namespace process
