// Several ranges of a file as multipart/byteranges: each part is read from where it is, nothing between is.
#pragma once

#include <memory>
#include <string>

#include "exchange/file_body.h"
#include "http/ranges.h"

namespace static_files {

class PartsBody final : public http::Body {
 public:
  PartsBody(exchange::Worker& worker, exchange::SharedFd file, http::MultipartRanges parts);

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return remaining_; }
  void set_reader(event::Ready* reader) override;

 private:
  void begin_part();

  exchange::Worker& worker_;
  exchange::SharedFd file_;
  http::MultipartRanges parts_;
  size_t next_ = 0;    // the part that begins next
  std::string dress_;  // what stands in front of the part, or behind the last
  size_t dress_taken_ = 0;
  std::unique_ptr<exchange::FileBody> part_;  // null behind the last
  uint64_t remaining_;
};

}  // namespace static_files
