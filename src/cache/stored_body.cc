#include "cache/stored_body.h"

#include <algorithm>

namespace cache {

int Cursor::pieces(std::span<iovec> out, uint64_t limit) const {
  int count = 0;
  size_t at = at_;
  for (shm::Offset extent = extent_; extent != 0 && limit > 0 && static_cast<size_t>(count) < out.size();
       extent = heap_->next(extent).load(std::memory_order_acquire)) {
    size_t size = std::min<uint64_t>(heap_->payload_size(extent) - at, limit);
    if (size > 0) out[static_cast<size_t>(count++)] = {heap_->payload(extent) + at, size};
    limit -= size;
    at = 0;
  }
  return count;
}

void Cursor::advance(uint64_t bytes) {
  while (bytes > heap_->payload_size(extent_) - at_) {
    bytes -= heap_->payload_size(extent_) - at_;
    extent_ = heap_->next(extent_).load(std::memory_order_acquire);
    at_ = 0;
  }
  at_ += bytes;
}

StoredBody::StoredBody(Pin pin, uint64_t first, uint64_t size)
    : pin_(std::move(pin)), cursor_(pin_), remaining_(size) {
  cursor_.advance(first);
}

http::Peek StoredBody::peek(std::span<iovec> pieces) {
  if (remaining_ == 0) return {http::Readiness::end, 0, true};
  int count = cursor_.pieces(pieces, remaining_);
  uint64_t named = 0;
  for (int i = 0; i < count; ++i) named += pieces[static_cast<size_t>(i)].iov_len;
  return {http::Readiness::ready, count, named == remaining_};
}

void StoredBody::consume(size_t bytes) {
  cursor_.advance(bytes);
  remaining_ -= bytes;
}

}  // namespace cache
