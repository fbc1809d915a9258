// error_log in http, server and location: where the lines of exchanges go that are handled there. Without one
// they go to the log of the process.
#pragma once

#include <memory>
#include <vector>

#include "base/log.h"
#include "exchange/builder.h"
#include "exchange/module.h"

namespace exchange {
class Worker;
}

namespace proxy {

struct RouteErrorLogConf {
  struct Sink {
    std::shared_ptr<exchange::LogFile> file;
    base::LogLevel level = base::LogLevel::error;
  };
  std::vector<Sink> sinks;  ///< empty: none stands in this scope or around it, below the main level

  static const conf::Section kSection;
};

/// Has only the directive, and what a process keeps for it.
extern const exchange::Module kErrorLogModule;

/// The error log of a route (null: none is known yet): its own, or the process's. Lives as long as the
/// worker.
base::Log& error_log_of(exchange::Worker& worker, const exchange::Route* route);

}  // namespace proxy
