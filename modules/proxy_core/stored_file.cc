#include "modules/proxy_core/stored_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace proxy_core {

using http::Peek;
using http::Readiness;

namespace {

/// As nginx: who may read a file may enter its folder.
mode_t folder_mode(uint32_t mode) { return mode | ((mode & 0444) >> 2) | 0700; }

/// The folders that lead to `path`.
void make_folders(const std::string& path, uint32_t mode) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    mkdir(path.substr(0, slash).c_str(), folder_mode(mode));  // what is wrong shows when the file is renamed
  }
}

base::Result<void> copy_bytes(int from, int to, const std::string& path) {
  char buffer[65536];
  for (off_t at = 0;;) {
    ssize_t got = pread(from, buffer, sizeof buffer, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail_errno(errno, "pread() for \"{}\" failed", path);
    if (got == 0) return {};
    for (ssize_t done = 0; done < got;) {
      ssize_t written = write(to, buffer + done, static_cast<size_t>(got - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return base::fail_errno(errno, "write() \"{}\" failed", path);
      done += written;
    }
    at += got;
  }
}

base::Result<void> describe(int fd, const StoredFileOptions& options) {
  if (fchmod(fd, options.mode) != 0) return base::fail_errno(errno, "fchmod() \"{}\" failed", options.path);
  if (!options.modified) return {};
  timespec times[2];
  times[0] = times[1] = {static_cast<time_t>(*options.modified), 0};
  if (futimens(fd, times) == 0) return {};
  return base::fail_errno(errno, "futimens() \"{}\" failed", options.path);
}

base::Result<void> rename_file(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return {};
  return base::fail_errno(errno, "rename() \"{}\" to \"{}\" failed", from, to);
}

/// The temporary file is on another file system: a copy beside the name takes it.
base::Result<void> name_copy(const exchange::TempFile& file, const StoredFileOptions& options) {
  std::string beside = options.path + ".XXXXXX";
  net::Fd copy(mkostemp(beside.data(), O_CLOEXEC));
  if (!copy) return base::fail_errno(errno, "mkostemp() \"{}\" failed", beside);
  base::Result<void> result = copy_bytes(file.fd()->get(), copy.get(), beside);
  if (result) result = describe(copy.get(), options);
  if (result) result = rename_file(beside, options.path);
  if (!result) unlink(beside.c_str());
  return result;
}

base::Result<void> name_file(const exchange::TempFile& file, const StoredFileOptions& options) {
  make_folders(options.path, options.mode);
  base::Result<void> described = describe(file.fd()->get(), options);
  if (!described) return described;
  if (rename(file.path().c_str(), options.path.c_str()) == 0) return {};
  if (errno != EXDEV) return rename_file(file.path(), options.path);
  base::Result<void> copied = name_copy(file, options);
  unlink(file.path().c_str());
  return copied;
}

}  // namespace

/// What is written; goes on without the body until it has its name or is removed.
class StoringBody::Copy final : public std::enable_shared_from_this<Copy> {
 public:
  Copy(exchange::Worker& worker, StoredFileOptions options)
      : worker_(worker),
        pass_(worker.under_way()),
        options_(std::move(options)),
        file_(options_.temp_folder, options_.temp_levels, exchange::TempFile::After::keep) {}

  bool is_full() const { return !failed_ && staged_.size() >= kMostStaged; }
  void add(const char* bytes, size_t size) {
    if (!failed_) staged_.append(bytes, size);
  }
  /// That was all: it takes its name.
  void complete() {
    complete_ = true;
    write(true);
  }
  /// It will never be complete.
  void give_up() {
    if (complete_) return;
    failed_ = true;
    write(true);
  }
  void write(bool now);

  event::Ready* waiting = nullptr;  ///< for room

 private:
  struct Job {
    std::string bytes;
    bool is_last = false;
    bool discards = false;
    base::Result<void> result;
  };
  void work(Job& job);
  void done(const Job& job);

  exchange::Worker& worker_;
  event::Gate::Pass pass_;
  StoredFileOptions options_;
  exchange::TempFile file_;
  std::string staged_;
  bool busy_ = false;
  bool complete_ = false;
  bool failed_ = false;
  bool over_ = false;
};

void StoringBody::Copy::write(bool now) {
  if (busy_ || over_ || (!now && staged_.size() < kWrite)) return;
  auto job = std::make_shared<Job>();
  job->bytes.swap(staged_);
  job->is_last = over_ = complete_ || failed_;
  job->discards = failed_;
  busy_ = true;
  worker_.disk().run([this, job] { work(*job); }, [self = shared_from_this(), job] { self->done(*job); });
}

// On a disk thread: looks at nothing that changes meanwhile.
void StoringBody::Copy::work(Job& job) {
  if (!job.discards) job.result = file_.append(job.bytes);
  if (!job.is_last || !file_.fd()) return;
  if (!job.discards && job.result) job.result = name_file(file_, options_);
  if (job.discards || !job.result) unlink(file_.path().c_str());
}

void StoringBody::Copy::done(const Job& job) {
  busy_ = false;
  if (!job.result) {
    worker_.log().print(base::LogLevel::error, "proxy_store: {}", job.result.error().message);
    failed_ = true;
    staged_.clear();
  }
  if (waiting != nullptr) worker_.loop().post(*waiting);
  write(complete_ || failed_);
}

StoringBody::StoringBody(exchange::Worker& worker, http::BodyPtr from, StoredFileOptions options)
    : from_(std::move(from)), copy_(std::make_shared<Copy>(worker, std::move(options))) {}

StoringBody::~StoringBody() {
  copy_->waiting = nullptr;
  copy_->give_up();
}

Peek StoringBody::peek(std::span<iovec> pieces) {
  if (copy_->is_full()) {
    copy_->write(true);
    return {Readiness::wait, 0, false};
  }
  Peek seen = from_->peek(pieces.first(std::min(pieces.size(), std::size(seen_))));
  seen_first_ = 0;
  seen_count_ = seen.state == Readiness::ready ? static_cast<size_t>(seen.count) : 0;
  std::copy_n(pieces.begin(), seen_count_, seen_);
  seen_last_ = seen.last;
  if (seen.state == Readiness::end) copy_->complete();
  if (seen.state == Readiness::failed) copy_->give_up();
  return seen;
}

void StoringBody::consume(size_t bytes) {
  for (size_t left = bytes; left > 0 && seen_first_ < seen_count_;) {
    iovec& piece = seen_[seen_first_];
    size_t part = std::min(left, piece.iov_len);
    copy_->add(static_cast<const char*>(piece.iov_base), part);
    left -= part;
    piece.iov_base = static_cast<char*>(piece.iov_base) + part;
    piece.iov_len -= part;
    if (piece.iov_len == 0) ++seen_first_;
  }
  from_->consume(bytes);
  bool is_all = seen_last_ && seen_first_ == seen_count_;
  if (is_all || from_->remaining() == 0) {
    copy_->complete();
  } else {
    copy_->write(false);
  }
}

void StoringBody::set_reader(event::Ready* reader) {
  copy_->waiting = reader;
  from_->set_reader(reader);
}

void store_empty_file(exchange::Worker& worker, StoredFileOptions options) {
  StoringBody body(worker, std::make_unique<http::TextBody>(""), std::move(options));
  iovec pieces[1];
  (void)body.peek(pieces);
}

}  // namespace proxy_core
