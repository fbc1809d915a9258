#include "process/paths.h"

#include <unistd.h>

#include <climits>

#include "config.h"

namespace process {

namespace {

std::string absolute(std::string path) {
  if (path.starts_with('/')) return path;
  char folder[PATH_MAX];
  // Without a working directory (it was removed) a relative path means nothing; the open that follows says
  // so.
  if (getcwd(folder, sizeof folder) == nullptr) return path;
  return std::string(folder) + "/" + path;
}

}  // namespace

std::string Paths::full(const std::string& path) const {
  return path.starts_with('/') ? path : prefix + path;
}

Paths Paths::from(const CommandLine& line) {
  Paths paths;
  paths.prefix = absolute(line.prefix.value_or(PC_PREFIX));
  if (!paths.prefix.ends_with('/')) paths.prefix += '/';
  paths.conf = paths.full(line.conf.value_or(PC_CONF_PATH));
  paths.conf_prefix = paths.conf.substr(0, paths.conf.rfind('/') + 1);
  paths.error_log = line.error_log.value_or(PC_ERROR_LOG_PATH);
  if (paths.error_log != "stderr") paths.error_log = paths.full(paths.error_log);
  return paths;
}

}  // namespace process
