// A part of a file as a body: it can go out by sendfile, and is read without blocking the loop where it
// cannot (what the page cache holds at once, the rest on a disk thread). The file must never be rewritten in
// place.
#pragma once

#include <cstdint>
#include <memory>

#include "http/body.h"
#include "net/fd.h"

namespace exchange {

class Worker;

/// A descriptor that several readers share; closed with the last.
using SharedFd = std::shared_ptr<const net::Fd>;

class FileBody final : public http::Body {
 public:
  static constexpr size_t kBuffer = 65536;

  FileBody(Worker& worker, SharedFd file, uint64_t offset, uint64_t length);
  ~FileBody() override;

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return length_; }
  http::FilePart file_part() override { return {file_->get(), offset_, length_, 0}; }

 private:
  struct Read;
  http::Peek named(std::span<iovec> pieces) const;
  void start_read();

  Worker& worker_;
  SharedFd file_;
  uint64_t offset_;
  uint64_t length_;
  std::shared_ptr<Read> read_;  // the buffer, which a disk thread may still be filling when we are gone
};

}  // namespace exchange
