// Under which name this program runs, and what follows from it: a link called "nginx" makes it answer as
// nginx.
#pragma once

#include <string>
#include <string_view>

namespace process {

struct Program {
  std::string name;     ///< "proxycache" or "nginx": stands before messages on stderr and in process titles
  std::string version;  ///< "nginx/1.30.0" under that name
  bool compat = false;  ///< `compat nginx;` is implied

  /// From argv[0].
  static Program called(std::string_view argument);
};

/// What -v, -V and -h print, to stderr as nginx does.
std::string version_text(const Program& program);
std::string help_text(const Program& program);
/// What was built with what, line for line as deployment tools read it from nginx.
std::string configure_text();

}  // namespace process
