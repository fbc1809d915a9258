#include "process/pid_file.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include <fstream>

namespace {

struct Folder {
  Folder() { cr_assert(mkdtemp(path) != nullptr); }
  ~Folder() {
    unlink(file().c_str());
    rmdir((std::string(path) + "/run").c_str());
    rmdir(path);
  }
  std::string file() const { return std::string(path) + "/run/test.pid"; }
  char path[32] = "/tmp/pid-file-XXXXXX";
};

base::Result<pid_t> read_text(const std::string& text) {
  Folder folder;
  cr_assert(process::write_pid_file(folder.file(), 1));
  std::ofstream(folder.file(), std::ios::trunc) << text;
  return process::read_pid_file(folder.file());
}

}  // namespace

Test(pid_file, is_written_with_its_folder_and_read_back) {
  Folder folder;
  cr_assert(process::write_pid_file(folder.file(), 123456));
  cr_assert(process::write_pid_file(folder.file(), 42));
  base::Result<pid_t> pid = process::read_pid_file(folder.file());
  cr_assert(pid && *pid == 42);
}

Test(pid_file, a_missing_file_is_said_as_nginx_does) {
  base::Result<pid_t> pid = process::read_pid_file("/nowhere/x.pid");
  cr_assert_eq(pid.error().message, "open() \"/nowhere/x.pid\" failed (2: No such file or directory)");
}

Test(pid_file, numbers_that_would_hit_groups_are_refused) {
  for (const char* text : {"", "\n", "0\n", "-1\n", "-123\n", "12 13", "12x", "99999999999", " 5\n"}) {
    base::Result<pid_t> pid = read_text(text);
    cr_assert(!pid, "%s", text);
    cr_assert(pid.error().message.starts_with("invalid PID number \""));
  }
  base::Result<pid_t> windows = read_text("77\r\n");
  cr_assert(windows && *windows == 77);
}
