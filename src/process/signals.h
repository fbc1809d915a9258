// The signals that master and workers obey, and the master's way to hear them: blocked always, read from a
// descriptor, so that nothing runs inside a handler and none is lost between fork and the child's own
// handlers.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/fd.h"

namespace process {

/// A signal that was sent to us; `sender` is 0 when the kernel sent it.
struct Arrived {
  int number;
  pid_t sender;
};

/// "SIGHUP" for 1.
std::string_view signal_name(int number);
/// What `-s` sends: "stop" SIGTERM, "quit" SIGQUIT, "reopen" SIGUSR1, "reload" SIGHUP; 0 for other words.
int signal_for(std::string_view command);

/// Blocks what the master listens to and restores default dispositions (nohup may have had SIGHUP ignored);
/// SIGPIPE is ignored. To be called before the first fork.
void block_signals();
/// In a child that has its own handlers now (or is to have the defaults): unblocks everything.
void unblock_signals();

class SignalSource {
 public:
  /// After block_signals(), once per process: a child makes its own or none.
  static base::Result<SignalSource> open();
  int fd() const { return fd_.get(); }
  /// What has arrived since, in the kernel's order; never blocks.
  std::vector<Arrived> take();

 private:
  net::Fd fd_;
};

}  // namespace process
