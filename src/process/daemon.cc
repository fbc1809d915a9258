#include "process/daemon.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace process {

namespace {

[[noreturn]] void wait_for_daemon(int ready) {
  char byte;
  ssize_t got;
  do {
    got = read(ready, &byte, 1);
  } while (got < 0 && errno == EINTR);
  _exit(got == 1 ? 0 : 1);
}

}  // namespace

base::Result<net::Fd> become_daemon() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return base::fail_errno(errno, "pipe2() failed");
  net::Fd ready(ends[0]);
  net::Fd say_ready(ends[1]);
  pid_t pid = fork();
  if (pid < 0) return base::fail_errno(errno, "fork() failed");
  if (pid > 0) {
    say_ready.reset();
    wait_for_daemon(ready.get());
  }
  if (setsid() < 0) return base::fail_errno(errno, "setsid() failed");
  umask(022);
  net::Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return base::fail_errno(errno, "open(\"/dev/null\") failed");
  if (dup2(null.get(), STDIN_FILENO) < 0) return base::fail_errno(errno, "dup2(STDIN) failed");
  if (dup2(null.get(), STDOUT_FILENO) < 0) return base::fail_errno(errno, "dup2(STDOUT) failed");
  return say_ready;
}

void redirect_stderr(int fd) {
  if (fd >= 0 && fd != STDERR_FILENO) dup2(fd, STDERR_FILENO);
}

}  // namespace process
