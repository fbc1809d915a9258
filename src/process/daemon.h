// Leaving the terminal. The process that was started waits until the daemon carries traffic, so that its exit
// code says whether the start has worked and whoever comes next finds the pid file.
#pragma once

#include "base/error.h"
#include "net/fd.h"

namespace process {

/// Forks; the caller goes on as the daemon (its own session, standard input and output on /dev/null, stderr
/// kept for the rest of the start). The first process ends with 0 when one byte is written to the result,
/// with 1 when that closes without one.
base::Result<net::Fd> become_daemon();

/// Standard error goes where `fd` does.
void redirect_stderr(int fd);

}  // namespace process
