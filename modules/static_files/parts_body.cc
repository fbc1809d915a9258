#include "modules/static_files/parts_body.h"

namespace static_files {

PartsBody::PartsBody(exchange::Worker& worker, exchange::SharedFd file, http::MultipartRanges parts)
    : worker_(worker), file_(std::move(file)), parts_(std::move(parts)), remaining_(parts_.content_length()) {
  begin_part();
}

void PartsBody::begin_part() {
  dress_taken_ = 0;
  if (next_ == parts_.ranges().size()) {
    dress_ = parts_.closing();
    part_.reset();
    return;
  }
  dress_ = parts_.opening(next_);
  const http::ByteRange& range = parts_.ranges()[next_++];
  part_ = std::make_unique<exchange::FileBody>(worker_, file_, range.first, range.size());
  part_->set_reader(reader_);
}

void PartsBody::set_reader(event::Ready* reader) {
  reader_ = reader;
  if (part_) part_->set_reader(reader);
}

http::Peek PartsBody::peek(std::span<iovec> pieces) {
  if (remaining_ == 0) return {http::Readiness::end, 0, true};
  if (dress_taken_ < dress_.size()) {
    size_t left = dress_.size() - dress_taken_;
    pieces[0] = {dress_.data() + dress_taken_, left};
    return {http::Readiness::ready, 1, left == remaining_};
  }
  http::Peek peek = part_->peek(pieces);
  peek.last = false;  // another opening or the closing follows
  return peek;
}

void PartsBody::consume(size_t bytes) {
  remaining_ -= bytes;
  size_t dress = std::min(bytes, dress_.size() - dress_taken_);
  dress_taken_ += dress;
  bytes -= dress;
  if (part_ == nullptr) return;
  if (bytes > 0) part_->consume(bytes);
  if (part_->remaining() == 0u) begin_part();
}

}  // namespace static_files
