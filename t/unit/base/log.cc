#include "base/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace {

/// A log into a pipe, at half past a known time.
struct Logged {
  explicit Logged(base::LogLevel level) : log((open_pipe(), ends[1]), level, &clock) {
    setenv("TZ", "UTC0", 1);
    tzset();
    clock.set_wall(784111777000);
  }
  ~Logged() {
    close(ends[0]);
    close(ends[1]);
  }
  void open_pipe() { cr_assert_eq(pipe2(ends, O_NONBLOCK), 0); }
  std::string read_all() {
    char bytes[65536];
    ssize_t size = read(ends[0], bytes, sizeof bytes);
    return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : std::string();
  }

  int ends[2];
  base::Clock clock;
  base::Log log;
};

}  // namespace

Test(log, a_line_has_the_form_of_nginx) {
  Logged logged(base::LogLevel::warn);
  logged.log.write(base::LogLevel::warn, 7, "upstream timed out");
  cr_assert(logged.read_all() ==
            fmt::format("1994/11/06 08:49:37 [warn] {}#{}: *7 upstream timed out\n", getpid(), gettid()));
  logged.log.write(base::LogLevel::emerg, 0, "x");
  cr_assert(logged.read_all() == fmt::format("1994/11/06 08:49:37 [emerg] {}#{}: x\n", getpid(), gettid()));
}

Test(log, what_is_less_severe_than_the_level_is_not_written) {
  Logged logged(base::LogLevel::warn);
  logged.log.print(base::LogLevel::notice, "no {}", 1);
  cr_assert(logged.read_all().empty());
  logged.log.print(base::LogLevel::crit, "yes {}", 1);
  cr_assert(logged.read_all().ends_with(": yes 1\n"));
  logged.log.set_level(base::LogLevel::debug);
  logged.log.print(base::LogLevel::debug, "now");
  cr_assert(logged.read_all().ends_with(": now\n"));
}

Test(log, a_long_line_is_cut_at_2048_bytes_and_still_ends) {
  Logged logged(base::LogLevel::warn);
  logged.log.write(base::LogLevel::warn, 1, std::string(5000, 'x'));
  std::string line = logged.read_all();
  cr_assert_eq(line.size(), 2048u);
  cr_assert(line.ends_with("xx\n"));
  logged.log.write(base::LogLevel::warn, 1, std::string(5000, '\n'));
  line = logged.read_all();
  cr_assert_leq(line.size(), 2048u);
  cr_assert_eq(line.find('\n'), line.size() - 1);
}

Test(log, control_characters_cannot_make_a_second_line) {
  Logged logged(base::LogLevel::warn);
  logged.log.write(base::LogLevel::warn, 0, std::string_view("a\nb\x7f\0c\xc3\xa4", 8));
  cr_assert(logged.read_all().ends_with(": a\\x0Ab\\x7F\\x00c\xc3\xa4\n"));
}

Test(log, a_full_or_closed_descriptor_loses_the_line_and_nothing_else) {
  Logged logged(base::LogLevel::warn);
  for (int i = 0; i < 1000; ++i) logged.log.write(base::LogLevel::warn, 0, std::string(1000, 'x'));
  errno = 42;
  logged.log.write(base::LogLevel::warn, 0, "full");
  cr_assert_eq(errno, 42);
  base::Log closed(-1, base::LogLevel::debug, &logged.clock);
  closed.write(base::LogLevel::warn, 0, "nowhere");
  base::Log bad(9999, base::LogLevel::debug, &logged.clock);
  bad.write(base::LogLevel::warn, 0, "nowhere");
}

Test(log, after_a_full_disk_the_next_second_tries_again) {
  int full = open("/dev/full", O_WRONLY);
  Logged logged(base::LogLevel::warn);
  logged.log.reopen(full);
  logged.log.write(base::LogLevel::warn, 0, "lost");
  logged.log.reopen(logged.ends[1]);
  logged.log.write(base::LogLevel::warn, 0, "lost too");
  cr_assert(logged.read_all().empty());
  logged.clock.advance(base::Duration(1000));
  logged.log.write(base::LogLevel::warn, 0, "kept");
  cr_assert(logged.read_all().ends_with(": kept\n"));
  close(full);
}

Test(log, level_names_are_nginx_s) {
  for (const char* name : {"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"}) {
    auto level = base::parse_log_level(name);
    cr_assert(level.has_value());
    cr_assert(base::log_level_name(*level) == name);
  }
  cr_assert(base::parse_log_level("warning").error().message.find("\"warning\"") == 0);
  cr_assert_not(base::parse_log_level("stderr").has_value());
}
