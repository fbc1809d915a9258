#include "shm/crash_point.h"

#include <signal.h>
#include <unistd.h>

namespace shm {

void pass_crash_point(const char*) noexcept {
  if (--crash_countdown == 0) kill(getpid(), SIGKILL);
}

}  // namespace shm
