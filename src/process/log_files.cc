#include "process/log_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "net/fd.h"

namespace process {

namespace {

constexpr std::string_view kStderr = "stderr";

base::Result<net::Fd> open_for_appending(const std::string& path) {
  net::Fd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644));
  if (!fd) return base::fail_errno(errno, "open() \"{}\" failed", path);
  return fd;
}

/// Workers reopen their logs after they have given up root's rights. Devices and pipes stay as they are.
base::Result<void> give_to(const Account& account, int fd, const std::string& path) {
  struct stat found;
  if (!account.changes || fstat(fd, &found) != 0 || !S_ISREG(found.st_mode)) return {};
  if (found.st_uid != account.uid && fchown(fd, account.uid, static_cast<gid_t>(-1)) != 0) {
    return base::fail_errno(errno, "chown(\"{}\", {}) failed", path, account.uid);
  }
  if ((found.st_mode & 0600) != 0600 && fchmod(fd, found.st_mode | 0600) != 0) {
    return base::fail_errno(errno, "chmod() \"{}\" failed", path);
  }
  return {};
}

}  // namespace

LogFiles::LogFiles(const proxy::Config& config, const std::string& default_error_log)
    : files_(config.log_files()) {
  auto file_at = [this](const std::string& path) {
    auto found =
        std::find_if(files_.begin(), files_.end(), [&](const auto& file) { return file->path == path; });
    if (found != files_.end()) return *found;
    files_.push_back(std::make_shared<exchange::LogFile>(exchange::LogFile{path}));
    return files_.back();
  };
  for (const proxy::ErrorLogConf& line : config.main().error_logs) {
    error_sinks_.push_back({file_at(line.path.empty() ? default_error_log : line.path), line.level});
  }
  if (error_sinks_.empty()) error_sinks_.push_back({file_at(default_error_log), base::LogLevel::error});
}

LogFiles::~LogFiles() {
  for (const auto& file : files_) {
    if (file->fd > STDERR_FILENO) close(std::exchange(file->fd, -1));
  }
}

base::Result<void> LogFiles::open(const Account& account) {
  for (const auto& file : files_) {
    if (file->fd >= 0) continue;
    if (file->path == kStderr) {
      file->fd = STDERR_FILENO;
      continue;
    }
    base::Result<void> parents = make_parents(file->path);
    if (!parents) return parents;
    base::Result<net::Fd> fd = open_for_appending(file->path);
    if (!fd) return tl::unexpected(fd.error());
    base::Result<void> given = give_to(account, fd->get(), file->path);
    if (!given) return given;
    file->fd = fd->release();
  }
  return {};
}

std::vector<base::Error> LogFiles::reopen(const Account* account) {
  std::vector<base::Error> errors;
  for (const auto& file : files_) {
    if (file->fd <= STDERR_FILENO) continue;
    base::Result<net::Fd> fd = open_for_appending(file->path);
    if (!fd) {
      errors.push_back(fd.error());
      continue;
    }
    if (account != nullptr) {
      base::Result<void> given = give_to(*account, fd->get(), file->path);
      if (!given) errors.push_back(given.error());
    }
    // The number stays the same, so nobody who holds it has to be told.
    if (dup3(fd->get(), file->fd, O_CLOEXEC) < 0) {
      errors.push_back(base::fail_errno(errno, "dup3() \"{}\" failed", file->path).value());
    }
  }
  return errors;
}

base::Result<void> LogFiles::check() const {
  for (const auto& file : files_) {
    if (file->path == kStderr) continue;
    std::string place = file->path;
    // A file that is not there yet is made, and so are the folders above it: the nearest that exists decides.
    while (faccessat(AT_FDCWD, place.c_str(), F_OK, AT_EACCESS) != 0 && errno == ENOENT && place.size() > 1) {
      place.resize(std::max<size_t>(place.rfind('/'), 1));
    }
    if (faccessat(AT_FDCWD, place.c_str(), W_OK, AT_EACCESS) != 0) {
      return base::fail_errno(errno, "open() \"{}\" failed", file->path);
    }
  }
  return {};
}

}  // namespace process
