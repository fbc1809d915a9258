#include "process/pid_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <limits>

#include "base/text.h"
#include "net/fd.h"
#include "process/privileges.h"

namespace process {

base::Result<void> write_pid_file(const std::string& path, pid_t pid) {
  base::Result<void> parents = make_parents(path);
  if (!parents) return parents;
  net::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644));
  if (!file) return base::fail_errno(errno, "open() \"{}\" failed", path);
  std::string text = fmt::format("{}\n", pid);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return base::fail_errno(errno, "write() to \"{}\" failed", path);
  }
  return {};
}

base::Result<pid_t> read_pid_file(const std::string& path) {
  net::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return base::fail_errno(errno, "open() \"{}\" failed", path);
  char bytes[32];
  ssize_t got = ::read(file.get(), bytes, sizeof bytes);
  if (got < 0) return base::fail_errno(errno, "read() \"{}\" failed", path);
  std::string_view text(bytes, static_cast<size_t>(got));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  // 0 and below would name a whole process group.
  std::optional<uint64_t> pid = base::parse_uint(text);
  if (!pid || *pid == 0 || *pid > static_cast<uint64_t>(std::numeric_limits<pid_t>::max())) {
    return base::fail("invalid PID number \"{}\" in \"{}\"", text, path);
  }
  return static_cast<pid_t>(*pid);
}

}  // namespace process
