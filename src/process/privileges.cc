#include "process/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace process {

base::Result<Account> Account::find(const std::string& user, const std::string& group) {
  Account account;
  account.user = user;
  account.uid = geteuid();
  account.gid = getegid();
  if (account.uid != 0) return account;

  errno = 0;
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) return base::fail_errno(errno, "getpwnam(\"{}\") failed", user);
  account.uid = entry->pw_uid;
  account.gid = entry->pw_gid;
  account.changes = true;
  if (group.empty()) return account;

  errno = 0;
  const struct group* found = getgrnam(group.c_str());
  if (found == nullptr) return base::fail_errno(errno, "getgrnam(\"{}\") failed", group);
  account.gid = found->gr_gid;
  return account;
}

base::Result<void> take_on(const Account& account) {
  if (!account.changes) return {};
  if (setgid(account.gid) != 0) return base::fail_errno(errno, "setgid({}) failed", account.gid);
  if (initgroups(account.user.c_str(), account.gid) != 0) {
    return base::fail_errno(errno, "initgroups({}, {}) failed", account.user, account.gid);
  }
  if (setuid(account.uid) != 0) return base::fail_errno(errno, "setuid({}) failed", account.uid);
  // setuid() took it away; without it there is no core file, and leak checkers cannot look at the process.
  if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
    return base::fail_errno(errno, "prctl(PR_SET_DUMPABLE) failed");
  return {};
}

void hide_memory() {
#if !defined(__SANITIZE_ADDRESS__)  // whose leak check looks into its own process like a debugger
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

base::Result<uint64_t> raise_open_files(uint64_t wanted) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return base::fail_errno(errno, "getrlimit(RLIMIT_NOFILE) failed");
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return base::fail_errno(errno, "setrlimit(RLIMIT_NOFILE, {}) failed", limit.rlim_cur);
  }
  return limit.rlim_cur;
}

base::Result<void> set_open_files(uint64_t wanted) {
  rlimit limit{static_cast<rlim_t>(wanted), static_cast<rlim_t>(wanted)};
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return base::fail_errno(errno, "setrlimit(RLIMIT_NOFILE, {}) failed", wanted);
  }
  return {};
}

uint64_t open_files_limit() {
  rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

base::Result<void> make_parents(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    std::string folder = path.substr(0, slash);
    if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
      // A folder that is there but not ours to look into answers EACCES or EROFS.
      int code = errno;
      struct stat found;
      if (stat(folder.c_str(), &found) == 0) continue;
      return base::fail_errno(code, "mkdir() \"{}\" failed", folder);
    }
  }
  return {};
}

base::Result<void> make_folder(const std::string& path, mode_t mode, const Account& account) {
  base::Result<void> parents = make_parents(path);
  if (!parents) return parents;
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return base::fail_errno(errno, "mkdir() \"{}\" failed", path);
  }
  if (!account.changes) return {};

  struct stat found;
  if (stat(path.c_str(), &found) != 0) return base::fail_errno(errno, "stat() \"{}\" failed", path);
  if (found.st_uid != account.uid && chown(path.c_str(), account.uid, static_cast<gid_t>(-1)) != 0) {
    return base::fail_errno(errno, "chown(\"{}\", {}) failed", path, account.uid);
  }
  if ((found.st_mode & 0700) != 0700 && chmod(path.c_str(), found.st_mode | 0700) != 0) {
    return base::fail_errno(errno, "chmod() \"{}\" failed", path);
  }
  return {};
}

}  // namespace process
