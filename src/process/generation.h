// One configuration at work: what the master prepared for it, and what the workers forked for it use.
// Everything is opened before anything of the generation before it is touched.
#pragma once

#include <memory>
#include <string>

#include "process/error_log.h"
#include "process/listening.h"
#include "process/log_files.h"
#include "process/privileges.h"
#include "process/startup.h"
#include "proxy/config.h"

namespace process {

struct Generation {
  uint32_t number;  ///< counts up over reloads and binary upgrades
  std::shared_ptr<const proxy::Config> config;
  unsigned workers;
  Account account;  ///< of workers and keeper
  LogFiles logs;
  Listening listening;
  std::string pid_path;
};

/// How long a start waits for an address that somebody still holds, as nginx does.
inline constexpr int kBindTries = 5;
inline constexpr base::Duration kBindPause{500};

/// Reads the configuration and opens everything it names: folders, log files, listening sockets (those in
/// `open` are used where the address is the same). Null when anything failed: the log says what, and what was
/// there before works on.
std::shared_ptr<Generation> prepare(const Start& start, shm::Segments& segments, uint32_t number,
                                    const OpenSockets& open, int bind_tries, ErrorLog& log);

/// -t and -T: says the same as prepare() would, and changes nothing.
bool check(const proxy::Config& config, const Paths& paths, ErrorLog& log);

}  // namespace process
