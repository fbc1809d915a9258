// The log files a configuration names: opened by the master, written by all, reopened by each process at
// USR1.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "exchange/builder.h"
#include "process/error_log.h"
#include "process/privileges.h"
#include "proxy/config.h"

namespace process {

class LogFiles {
 public:
  /// Every log file of the configuration, not yet open. `default_error_log` is what stands in for an
  /// error_log without a path ("stderr" or absolute).
  LogFiles(const proxy::Config& config, const std::string& default_error_log);
  LogFiles(LogFiles&&) = default;
  /// Closes what it opened.
  ~LogFiles();

  /// Opens all for appending, made with mode 0644 and given to `account` when the master is root, so that
  /// workers can reopen them. On an error those opened stay open until this is destroyed.
  base::Result<void> open(const Account& account);
  /// The `error_log` lines of the main level.
  std::vector<ErrorLog::Sink> error_sinks() const { return error_sinks_; }

  /// USR1 in the master: opens every path anew under the same descriptor, and gives the file to `account`.
  /// What cannot be opened keeps its old file; the errors say so.
  std::vector<base::Error> reopen(const Account* account);

  /// -t: whether each could be opened, without making or changing anything.
  base::Result<void> check() const;

 private:
  std::vector<std::shared_ptr<exchange::LogFile>> files_;
  std::vector<ErrorLog::Sink> error_sinks_;
};

}  // namespace process
