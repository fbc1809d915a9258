#include "exchange/open_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exchange/core_conf.h"
#include "exchange/file_cache.h"
#include "exchange/worker.h"

namespace exchange {
namespace {

// O_NONBLOCK: a fifo that somebody named like a page must not stop us.
constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;

/// Like open(2), but EAGAIN where a name must be read from a disk.
int open_cached(const char* path) {
#ifdef RESOLVE_CACHED
  struct open_how how = {};
  how.flags = kFlags;
  how.resolve = RESOLVE_CACHED;
  return static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
#else
  (void)path;
  errno = ENOSYS;
  return -1;
#endif
}

/// The kernel cannot tell what it has cached (before 5.12, or a sandbox): all opens go to the disk threads.
bool cannot_tell(int error) { return error == ENOSYS || error == EINVAL || error == EPERM || error == E2BIG; }

}  // namespace

OpenedFile open_path(const std::string& path, bool cached_only) {
  OpenedFile opened;
  int fd = cached_only ? open_cached(path.c_str()) : ::open(path.c_str(), kFlags);
  if (fd < 0) {
    opened.error = cached_only && cannot_tell(errno) ? EAGAIN : errno;
    return opened;
  }
  opened.fd = std::make_shared<const net::Fd>(fd);
  struct stat status;
  if (fstat(fd, &status) != 0) {
    opened.error = errno;
    opened.call = "fstat";
    return opened;
  }
  opened.is_directory = S_ISDIR(status.st_mode);
  opened.is_regular = S_ISREG(status.st_mode);
  opened.size = static_cast<uint64_t>(status.st_size);
  opened.modified = status.st_mtime;
  opened.inode = status.st_ino;
  return opened;
}

event::Task<OpenedFile> open_file(Worker& worker, const CoreConf& core, std::string_view path) {
  FileCache* cache = FileCache::of(worker, core.open_file_cache.max, core.open_file_cache.inactive);
  std::string name(path);
  if (cache != nullptr) {
    const OpenedFile* known = cache->find(name, core.open_file_cache_valid);
    if (known != nullptr) co_return *known;
  }

  OpenedFile opened = open_path(name, true);
  if (opened.error == EAGAIN) {
    struct Job {
      std::string path;
      OpenedFile opened;
    };
    auto job = std::make_shared<Job>();
    job->path = name;
    event::Answer<bool> done(worker.loop().ready());
    worker.disk().run([job] { job->opened = open_path(job->path, false); }, [&done] { done.give(true); });
    co_await done;
    opened = std::move(job->opened);
  }
  bool keeps = cache != nullptr && (opened.error == 0 || core.open_file_cache_errors);
  if (keeps) cache->put(name, opened, core.open_file_cache_min_uses);
  co_return opened;
}

}  // namespace exchange
