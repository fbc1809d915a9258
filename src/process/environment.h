// The environment that workers and a new binary get: TZ, and what `env` names; nothing else of the shell's.
#pragma once

#include <string>
#include <vector>

#include "proxy/main_conf.h"

namespace process {

/// "NAME=value" for each variable that is kept or set; the first `env` line of a name wins.
std::vector<std::string> kept_environment(const proxy::MainConf& main);

/// Makes it this process's environment.
void set_environment(const std::vector<std::string>& variables);

}  // namespace process
