// The ways this program runs: as the master with its children, as one process, or for one question (-t, -T,
// -s).
#pragma once

#include "process/startup.h"
#include "process/title.h"

namespace process {

/// Runs until it is told to end; returns the exit code.
int launch(const Start& start, Title& title);
/// -t, -T: exit code 0 when the configuration is good.
int test_configuration(const Start& start);
/// -s: sends the signal to the process in the pid file.
int send_signal(const Start& start);
/// -M: prints the directive reference.
int print_manual(const Start& start);

}  // namespace process
