// The main and events contexts: what the master and the workers are told before any traffic.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/units.h"
#include "conf/row.h"
#include "net/listener.h"

namespace proxy {

/// One `error_log` line.
struct ErrorLogConf {
  std::string path;  ///< absolute; "stderr"; "" for the one named by -e or the build
  base::LogLevel level = base::LogLevel::error;
};

/// `error_log file [level]`, in whichever context.
base::Result<ErrorLogConf> parse_error_log(const conf::Directive& directive, const conf::Site& site);

/// One `control` line.
struct ControlConf {
  net::ListenOptions socket;
  std::vector<std::string> keys;  ///< one of them is to come as X-API-Key; none: nobody asks for it
};

struct MainConf {
  std::string user;  ///< empty: the one compiled in
  std::string group;
  unsigned worker_processes = 1;  ///< 0: auto (the cgroup's CPU quota, at most the CPUs one may run on)
  uint64_t worker_rlimit_nofile = 0;
  base::Duration worker_shutdown_timeout{0};
  std::string pid;
  std::vector<ErrorLogConf> error_logs;
  bool daemon = true;
  bool master_process = true;
  std::vector<std::string> env;  ///< "NAME" (kept) or "NAME=value" (set)
  bool compat_nginx = false;
  std::vector<ControlConf> control;  ///< where the keeper listens for the control API

  static const conf::Section kSection;
};

struct EventsConf {
  uint32_t worker_connections = 8192;  ///< nginx says 512
  bool multi_accept = false;
  unsigned backend = 0;  ///< `use`: libev's flag; 0: the best there is

  static const conf::Section kSection;
};

}  // namespace proxy
