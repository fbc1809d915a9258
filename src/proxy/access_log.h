// The access log: log_format and access_log. A module like any other, present in every route whose logs are
// not off.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/units.h"
#include "exchange/module.h"
#include "exchange/template.h"
#include "proxy/log_format.h"

namespace exchange {
class Worker;
}

namespace proxy {

/// One `access_log` line.
struct AccessLog {
  std::shared_ptr<exchange::LogFile> file;
  std::shared_ptr<const LogFormat> format;
  size_t buffer = 0;  ///< 0: each line is written at once
  base::Duration flush{0};
  std::optional<exchange::Template> condition;  ///< if=
};

struct AccessLogConf {
  std::vector<AccessLog> logs;  ///< empty: off
  bool off = false;

  static const conf::Section kSection;
};

extern const exchange::Module kAccessLogModule;

/// Writes what waits in buffers: before files are reopened, and when a process ends.
void flush_access_logs(exchange::Worker& worker);

}  // namespace proxy
