#include "process/error_log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

/// A log file in memory.
struct File {
  File() : file(std::make_shared<exchange::LogFile>()) { file->fd = memfd_create("log", MFD_CLOEXEC); }
  ~File() { close(file->fd); }
  std::string text() const {
    char bytes[4096];
    ssize_t got = pread(file->fd, bytes, sizeof bytes, 0);
    return std::string(bytes, static_cast<size_t>(got));
  }
  std::shared_ptr<exchange::LogFile> file;
};

}  // namespace

Test(error_log, lines_before_there_is_a_file_are_kept_for_it) {
  base::Clock clock;
  process::ErrorLog log("test", clock);
  log.leave_stderr();
  log.write(base::LogLevel::warn, 0, "early");
  log.write(base::LogLevel::notice, 0, "chatter");
  File file;
  log.write_to({{file.file, base::LogLevel::warn}});
  cr_assert_neq(file.text().find("[warn]"), std::string::npos);
  cr_assert_neq(file.text().find("early\n"), std::string::npos);
  cr_assert_eq(file.text().find("chatter"), std::string::npos);
}

Test(error_log, every_line_goes_where_its_level_is_wanted) {
  base::Clock clock;
  process::ErrorLog log("test", clock);
  log.leave_stderr();
  File all, severe;
  log.write_to({{all.file, base::LogLevel::info}, {severe.file, base::LogLevel::crit}});
  cr_assert(log.enabled(base::LogLevel::info));
  cr_assert(!log.enabled(base::LogLevel::debug));
  log.print(base::LogLevel::info, "small");
  log.print(base::LogLevel::crit, "big");
  cr_assert_neq(all.text().find("small"), std::string::npos);
  cr_assert_neq(all.text().find("big"), std::string::npos);
  cr_assert_eq(severe.text().find("small"), std::string::npos);
  cr_assert_neq(severe.text().find("big"), std::string::npos);
}

Test(error_log, stderr_gets_what_is_severe_until_it_is_left) {
  base::Clock clock;
  process::ErrorLog log("test", clock);
  cr_assert(log.on_stderr(base::LogLevel::emerg));
  cr_assert(log.on_stderr(base::LogLevel::warn));
  cr_assert(!log.on_stderr(base::LogLevel::notice));
  log.copy_to_stderr(base::LogLevel::notice);
  cr_assert(log.on_stderr(base::LogLevel::notice));
  log.leave_stderr();
  cr_assert(!log.on_stderr(base::LogLevel::emerg));
}
