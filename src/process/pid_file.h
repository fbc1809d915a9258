// The file that says which process is the master. Written when the sockets listen, removed at its end.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/error.h"

namespace process {

/// What the name of the old master's file ends in while a new binary runs.
inline constexpr std::string_view kOldBinary = ".oldbin";

/// Writes `pid` and a newline; the folders above are made.
base::Result<void> write_pid_file(const std::string& path, pid_t pid);
/// The process id in the file. Errors as nginx says them: `open() "…" failed`, `invalid PID number "…" in
/// "…"`.
base::Result<pid_t> read_pid_file(const std::string& path);

}  // namespace process
