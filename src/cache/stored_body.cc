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

Cursor::Pages Cursor::pages(uint64_t limit) const {
  constexpr uint64_t kFarthest = 256 * 1024;  // small pieces are not walked over again and again
  constexpr uintptr_t kInPage = shm::Heap::kPage - 1;
  uint64_t ahead = 0;
  size_t at = at_, body = body_;
  for (shm::Offset extent = extent_; extent != 0 && ahead < std::min(limit, kFarthest);
       extent = heap_->next(extent).load(std::memory_order_acquire)) {
    auto from = reinterpret_cast<uintptr_t>(heap_->payload(extent));
    uintptr_t here = from + at;
    uintptr_t end = from + std::min<uint64_t>(heap_->payload_size(extent), at + (limit - ahead));
    // A page in which something else stands before the body is not for lending.
    uintptr_t begin = (here & ~kInPage) >= from + body ? here : (here + kInPage) & ~kInPage;
    uintptr_t last = end & ~kInPage;
    if (begin + (heap_->is_lent(extent) ? kInPage : kLeastLent) <= last) {
      return {extent, reinterpret_cast<const std::byte*>(begin), last - begin, ahead + (begin - here)};
    }
    ahead += end - here;
    at = body = 0;
  }
  return {};
}

void Cursor::advance(uint64_t bytes) {
  while (bytes > heap_->payload_size(extent_) - at_) {
    bytes -= heap_->payload_size(extent_) - at_;
    extent_ = heap_->next(extent_).load(std::memory_order_acquire);
    at_ = body_ = 0;
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

http::FilePart StoredBody::file_part() {
  if (pin_.file() < 0) return {};
  Cursor::Pages pages = cursor_.pages(remaining_);
  if (pages.size == 0) return {};
  pin_.heap().lend(pages.extent);
  return {pin_.file(), pin_.offset_in_file(pages.begin), pages.size, pages.ahead};
}

void StoredBody::consume(size_t bytes) {
  cursor_.advance(bytes);
  remaining_ -= bytes;
}

}  // namespace cache
