#include "proto/h3/byte_queue.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace h3 {

BlockPool::~BlockPool() {
  while (spare_ != nullptr) {
    Block* next = spare_->next;
    delete spare_;
    spare_ = next;
  }
}

Block* BlockPool::take() {
  if (spare_ == nullptr) return new Block;
  Block* block = spare_;
  spare_ = block->next;
  --count_;
  block->next = nullptr;
  block->begin = block->end = 0;
  return block;
}

void BlockPool::give(Block* block) {
  if (count_ >= kMaxSpare) {
    delete block;
    return;
  }
  block->next = spare_;
  spare_ = block;
  ++count_;
}

std::string_view ByteQueue::append_piece(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (last_ == nullptr || last_->end == Block::kSize) {
    Block* block = pool_->take();
    (last_ == nullptr ? first_ : last_->next) = block;
    last_ = block;
  }
  size_t size = std::min(bytes.size(), Block::kSize - last_->end);
  char* place = last_->bytes + last_->end;
  std::memcpy(place, bytes.data(), size);
  last_->end += static_cast<uint32_t>(size);
  size_ += size;
  return {place, size};
}

void ByteQueue::append(std::string_view bytes) {
  while (!bytes.empty()) bytes.remove_prefix(append_piece(bytes).size());
}

int ByteQueue::name(std::span<iovec> pieces) const {
  size_t count = 0;
  for (Block* block = first_; block != nullptr && count < pieces.size(); block = block->next) {
    if (block->begin == block->end) continue;
    pieces[count++] = {block->bytes + block->begin, block->end - block->begin};
  }
  return static_cast<int>(count);
}

void ByteQueue::drop(size_t bytes) {
  PC_CHECK(bytes <= size_);
  size_ -= bytes;
  while (first_ != nullptr) {
    auto here = static_cast<uint32_t>(std::min<size_t>(bytes, first_->end - first_->begin));
    first_->begin += here;
    bytes -= here;
    if (first_->begin < first_->end) return;
    Block* next = first_->next;
    pool_->give(first_);
    first_ = next;
  }
  last_ = nullptr;
}

void ByteQueue::clear() { drop(size_); }

}  // namespace h3
