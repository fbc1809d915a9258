#include "proto/h2/received_body.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"
#include "http/make_request.h"

namespace h2 {

using http::Peek;
using http::Readiness;

Peek ReceivedBody::peek(std::span<iovec> pieces) {
  if (failed_) return {Readiness::failed, 0, false};
  uint64_t most = owner_.max_body_size();
  if (most != 0 && received_ > most) {  // also when all of it is here
    failed_ = true;
    owner_.on_body_failed(413);
    return {Readiness::failed, 0, false};
  }
  if (kept_ == 0) {
    if (ended_) return {Readiness::end, 0, true};
    owner_.on_body_wanted();
    return {};
  }
  int count = 0;
  uint32_t skip = taken_;
  Block* block = first_;
  for (; block != nullptr && count < static_cast<int>(pieces.size()); block = block->next) {
    if (block->end > skip) pieces[static_cast<size_t>(count++)] = {block->bytes() + skip, block->end - skip};
    skip = 0;
  }
  return {Readiness::ready, count, ended_ && block == nullptr};
}

void ReceivedBody::consume(size_t bytes) {
  PC_CHECK(bytes <= kept_);
  kept_ -= bytes;
  for (size_t left = bytes; left > 0;) {
    size_t size = std::min<size_t>(left, first_->end - taken_);
    taken_ += static_cast<uint32_t>(size);
    left -= size;
    if (taken_ < first_->end) break;
    Block* next = first_->next;
    ::operator delete(first_);
    first_ = next;
    if (next == nullptr) last_ = nullptr;
    taken_ = 0;
  }
  owner_.on_body_taken(bytes);
}

std::optional<uint64_t> ReceivedBody::remaining() const {
  if (ended_) return kept_;
  if (length_) return *length_ - std::min(*length_, received_ - kept_);
  return std::nullopt;
}

// The reader may hold what it has seen: bytes never move.
void ReceivedBody::receive(const uint8_t* bytes, size_t size) {
  received_ += size;
  kept_ += size;
  while (size > 0) {
    if (last_ == nullptr || last_->end == last_->capacity) {
      size_t capacity = std::clamp(size, kLeastBlock, kBlock);
      auto* block = static_cast<Block*>(::operator new(sizeof(Block) + capacity));
      *block = {nullptr, static_cast<uint32_t>(capacity), 0};
      (last_ == nullptr ? first_ : last_->next) = block;
      last_ = block;
    }
    size_t part = std::min<size_t>(size, last_->capacity - last_->end);
    std::memcpy(last_->bytes() + last_->end, bytes, part);
    last_->end += static_cast<uint32_t>(part);
    bytes += part;
    size -= part;
  }
  wake();
}

void ReceivedBody::end() {
  if (ended_ || failed_) return;
  ended_ = true;
  http::remove_forbidden_trailers(trailers_);
  wake();
}

void ReceivedBody::fail(int status) {
  if (ended_ || failed_) return;
  failed_ = true;
  owner_.on_body_failed(status);
  wake();
}

void ReceivedBody::drop() {
  while (first_ != nullptr) {
    Block* next = first_->next;
    ::operator delete(first_);
    first_ = next;
  }
}

}  // namespace h2
