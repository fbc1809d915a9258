#include "exchange/file_body.h"

#include <sys/uio.h>

#include "exchange/worker.h"

namespace exchange {

struct FileBody::Read {
  FileBody* owner = nullptr;  // null: the body is gone
  SharedFd file;
  uint64_t offset = 0;  // of what is being read
  size_t wanted = 0;
  size_t begin = 0;  // what was read and not yet consumed
  size_t end = 0;
  bool pending = false;
  bool failed = false;
  bool stale = false;  // what is being read went out by sendfile meanwhile
  char bytes[kBuffer];

  void run(int flags) {
    iovec piece = {bytes, wanted};
    ssize_t got;
    do {
      got = preadv2(file->get(), &piece, 1, static_cast<off_t>(offset), flags);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && flags != 0) return;  // not in the page cache, or the file system cannot tell
    failed = got <= 0;                  // 0: the file became shorter than it was said to be
    begin = 0;
    end = failed ? 0 : static_cast<size_t>(got);
  }
  bool decided() const { return failed || begin < end; }
};

FileBody::FileBody(Worker& worker, SharedFd file, uint64_t offset, uint64_t length)
    : worker_(worker), file_(std::move(file)), offset_(offset), length_(length) {}

FileBody::~FileBody() {
  if (read_) read_->owner = nullptr;
}

http::Peek FileBody::named(std::span<iovec> pieces) const {
  if (read_->failed) return {http::Readiness::failed, 0, false};
  size_t size = std::min<uint64_t>(read_->end - read_->begin, length_);
  pieces[0] = {read_->bytes + read_->begin, size};
  return {http::Readiness::ready, 1, size == length_};
}

http::Peek FileBody::peek(std::span<iovec> pieces) {
  if (length_ == 0) return {http::Readiness::end, 0, true};
  if (!read_) {
    read_ = std::make_shared<Read>();
    read_->file = file_;
    read_->owner = this;
  }
  if (read_->pending) return {http::Readiness::wait, 0, false};
  if (!read_->decided()) {
    read_->offset = offset_;
    read_->wanted = std::min<uint64_t>(kBuffer, length_);
    read_->run(RWF_NOWAIT);
  }
  if (read_->decided()) return named(pieces);
  start_read();
  return {http::Readiness::wait, 0, false};
}

void FileBody::start_read() {
  read_->pending = true;
  worker_.disk().run([read = read_] { read->run(0); },
                     [read = read_] {
                       read->pending = false;
                       if (std::exchange(read->stale, false)) read->begin = read->end = 0;
                       FileBody* owner = read->owner;
                       if (owner == nullptr || owner->reader_ == nullptr) return;
                       owner->worker_.loop().post(*owner->reader_);
                     });
}

void FileBody::consume(size_t bytes) {
  offset_ += bytes;
  length_ -= bytes;
  if (!read_) return;
  if (read_->pending)
    read_->stale = true;
  else
    read_->begin += std::min(bytes, read_->end - read_->begin);
}

}  // namespace exchange
