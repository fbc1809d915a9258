#include "cache/disk_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <vector>

#include "net/fd.h"

namespace cache {

namespace {

int outcome(int result) { return result == 0 ? 0 : -errno; }

class SystemFile final : public DiskFile {
 public:
  SystemFile(net::Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  ssize_t read(void* out, size_t size, uint64_t at, bool nowait) override {
    iovec piece = {out, size};
    ssize_t got = preadv2(fd_.get(), &piece, 1, static_cast<off_t>(at), nowait ? RWF_NOWAIT : 0);
    if (got >= 0) return got;
    // A file system that cannot tell is asked on a thread.
    return nowait && errno == EOPNOTSUPP ? -EAGAIN : -errno;
  }
  ssize_t write(std::span<const iovec> pieces, uint64_t at) override {
    int count = static_cast<int>(std::min<size_t>(pieces.size(), IOV_MAX));
    ssize_t put = pwritev(fd_.get(), pieces.data(), count, static_cast<off_t>(at));
    return put >= 0 ? put : -errno;
  }
  int sync() override { return outcome(fdatasync(fd_.get())); }
  int reserve(uint64_t at, uint64_t size) override {
    if (fallocate(fd_.get(), 0, static_cast<off_t>(at), static_cast<off_t>(size)) == 0) return 0;
    if (errno != EOPNOTSUPP) return -errno;
    // No room is set aside then: a full disk shows at the write.
    int64_t there = this->size();
    if (there < 0) return static_cast<int>(there);
    return static_cast<uint64_t>(there) >= at + size ? 0 : resize(at + size);
  }
  int discard(uint64_t at, uint64_t size) override {
    return outcome(fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(at),
                             static_cast<off_t>(size)));
  }
  int resize(uint64_t size) override { return outcome(ftruncate(fd_.get(), static_cast<off_t>(size))); }
  int64_t size() override {
    struct stat status;
    return fstat(fd_.get(), &status) == 0 ? status.st_size : -errno;
  }
  void prefetch(uint64_t at, uint64_t size) override {
    posix_fadvise(fd_.get(), static_cast<off_t>(at), static_cast<off_t>(size), POSIX_FADV_WILLNEED);
  }
  int hold(Hold hold) override {
    struct flock range = {};
    range.l_type = static_cast<short>(hold == Hold::exclusive ? F_WRLCK : F_RDLCK);
    range.l_len = 1;
    int result = outcome(fcntl(fd_.get(), F_OFD_SETLK, &range));
    return result == -EACCES ? -EAGAIN : result;
  }
  int lock() override {
    int result;
    do {
      result = outcome(flock(fd_.get(), LOCK_EX));
    } while (result == -EINTR);
    return result;
  }
  void unlock() override { flock(fd_.get(), LOCK_UN); }
  bool replaced() override {
    struct stat mine, named;
    if (fstat(fd_.get(), &mine) != 0 || stat(path_.c_str(), &named) != 0) return true;
    return mine.st_ino != named.st_ino || mine.st_dev != named.st_dev;
  }

 private:
  net::Fd fd_;
  std::string path_;
};

class SystemFolder final : public DiskFolder {
 public:
  explicit SystemFolder(std::string path) : path_(std::move(path)) {}

  base::Result<DiskFilePtr> open(const std::string& name) override {
    std::string path = path_ + "/" + name;
    net::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return base::fail_errno(errno, "\"{}\" cannot be opened", path);
    return std::make_unique<SystemFile>(std::move(fd), std::move(path));
  }
  int rename(const std::string& from, const std::string& to) override {
    int result = outcome(::rename((path_ + "/" + from).c_str(), (path_ + "/" + to).c_str()));
    if (result != 0) return result;
    net::Fd folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return -errno;
    return outcome(fsync(folder.get()));
  }
  int remove(const std::string& name) override { return outcome(unlink((path_ + "/" + name).c_str())); }
  int64_t free_space() override {
    struct statvfs status;
    if (statvfs(path_.c_str(), &status) != 0) return -errno;
    return static_cast<int64_t>(status.f_bavail * status.f_frsize);
  }

 private:
  std::string path_;
};

}  // namespace

std::unique_ptr<DiskFolder> make_system_folder(std::string path) {
  return std::make_unique<SystemFolder>(std::move(path));
}

base::Result<void> read_fully(DiskFile& file, void* out, size_t size, uint64_t at) {
  char* to = static_cast<char*>(out);
  while (size != 0) {
    ssize_t got = file.read(to, size, at, false);
    if (got == -EINTR) continue;
    if (got < 0) return base::fail_errno(static_cast<int>(-got), "reading the disk store at {} failed", at);
    if (got == 0) return base::fail("the disk store's file ends at {}", at);
    to += got;
    at += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return {};
}

base::Result<void> write_fully(DiskFile& file, std::span<const iovec> pieces, uint64_t at) {
  std::vector<iovec> left(pieces.begin(), pieces.end());
  for (size_t next = 0; next < left.size();) {
    if (left[next].iov_len == 0) {
      ++next;
      continue;
    }
    ssize_t put = file.write(std::span(left).subspan(next), at);
    if (put == -EINTR) continue;
    if (put < 0) return base::fail_errno(static_cast<int>(-put), "writing the disk store at {} failed", at);
    if (put == 0) return base::fail_errno(ENOSPC, "writing the disk store at {} does not go on", at);
    at += static_cast<uint64_t>(put);
    for (size_t rest = static_cast<size_t>(put); rest != 0; next += left[next].iov_len == 0) {
      size_t here = std::min(rest, left[next].iov_len);
      left[next].iov_base = static_cast<char*>(left[next].iov_base) + here;
      left[next].iov_len -= here;
      rest -= here;
    }
  }
  return {};
}

base::Result<void> write_fully(DiskFile& file, const void* bytes, size_t size, uint64_t at) {
  iovec piece = {const_cast<void*>(bytes), size};
  return write_fully(file, std::span<const iovec>(&piece, 1), at);
}

}  // namespace cache
