// USR2 in the master: the old binary's side of an upgrade, and the way back.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "process/environment.h"
#include "process/master.h"
#include "process/pid_file.h"

namespace process {

void Master::change_binary() {
  std::string old_path = current_->pid_path + std::string(kOldBinary);
  if (std::rename(pid_path_.c_str(), old_path.c_str()) != 0) {
    int code = errno;
    log_.print(base::LogLevel::alert,
               "rename {} to {} failed before executing new binary process \"{}\" ({}: {})", pid_path_,
               old_path, parts_.program, code, std::strerror(code));
    return;
  }
  std::string before = std::exchange(pid_path_, old_path);

  std::fflush(nullptr);
  pid_t pid = fork();
  if (pid == 0) {
    int code =
        exec_new_binary(parts_.program, parts_.title.arguments(), kept_environment(current_->config->main()),
                        last_number_, current_->listening.all(), parts_.processes, parts_.segments);
    log_.print(base::LogLevel::alert, "execve() failed while executing new binary process \"{}\" ({}: {})",
               parts_.program, code, std::strerror(code));
    _exit(1);
  }
  if (pid > 0) {
    new_binary_ = pid;
    log_.print(base::LogLevel::notice, "start new binary process {}", pid);
    return;
  }
  int code = errno;
  log_.print(base::LogLevel::alert, "fork() failed while spawning \"new binary process\" ({}: {})", code,
             std::strerror(code));
  if (std::rename(pid_path_.c_str(), before.c_str()) == 0) pid_path_ = before;
}

// The new binary has ended: everything is as before it was started.
void Master::bury_new_binary(int status) {
  log_death("new binary process", new_binary_, status);
  new_binary_ = 0;
  if (std::rename(pid_path_.c_str(), current_->pid_path.c_str()) == 0) {
    pid_path_ = current_->pid_path;
  } else {
    int code = errno;
    log_.print(base::LogLevel::alert,
               "rename() {} back to {} failed after the new binary process has ended ({}: {})", pid_path_,
               current_->pid_path, code, std::strerror(code));
  }
  if (!std::exchange(not_accepting_, false) || terminating_ || quitting_) return;
  fill_posts(current_);
}

}  // namespace process
