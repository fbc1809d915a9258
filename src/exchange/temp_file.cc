#include "exchange/temp_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

namespace exchange {
namespace {

constexpr uint64_t kNumbers = 10'000'000'000;  // names have ten digits
constexpr int kTries = 100;

uint64_t random_number() {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number) number = static_cast<uint64_t>(time(nullptr));
  return number % kNumbers;
}

/// The subfolders between `folder` and the name in `path`.
void make_levels(const std::string& folder, const std::string& path) {
  for (size_t slash = path.find('/', folder.size() + 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    mkdir(path.substr(0, slash).c_str(), 0700);  // what is wrong shows when the file is opened
  }
}

}  // namespace

TempFile::~TempFile() {
  if (fd_ && after_ == After::remove) unlink(path_.c_str());
}

std::string TempFile::numbered_path(uint64_t number) const {
  std::string name = fmt::format("{:010}", number);
  std::string path = folder_;
  if (!path.ends_with('/')) path += '/';
  size_t end = name.size();
  for (uint8_t digits : levels_) {
    if (digits == 0) break;
    end -= digits;
    path.append(name, end, digits);
    path += '/';
  }
  return path + name;
}

base::Result<void> TempFile::open() {
  int error = 0;
  for (int tries = 0; tries < kTries; ++tries) {
    path_ = numbered_path(random_number());
    int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    error = errno;
    if (fd < 0 && error == ENOENT && levels_[0] != 0) {
      make_levels(folder_, path_);
      fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      error = errno;
    }
    if (fd >= 0) {
      fd_ = std::make_shared<const net::Fd>(fd);
      if (after_ == After::unlinked) unlink(path_.c_str());
      return {};
    }
    if (error != EEXIST) break;
  }
  return base::fail_errno(error, "open() \"{}\" failed", path_);
}

base::Result<void> TempFile::append(std::string_view bytes) {
  if (!fd_) {
    base::Result<void> opened = open();
    if (!opened) return opened;
  }
  while (!bytes.empty()) {
    ssize_t written = pwrite(fd_->get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::fail_errno(errno, "pwrite() \"{}\" failed", path_);
    bytes.remove_prefix(static_cast<size_t>(written));
    size_ += static_cast<uint64_t>(written);
  }
  return {};
}

}  // namespace exchange
