// Bytes of a stream that wait: of a request until its reader takes them, of a response until the client has
// acknowledged them. What was named stays where it is until it is dropped. In blocks of a pool that all
// streams of a worker share.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace h3 {

struct Block {
  static constexpr size_t kSize = 4096 - 16;
  Block* next = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;
  char bytes[kSize];
};

class BlockPool {
 public:
  static constexpr size_t kMaxSpare = 256;  // blocks: one mebibyte

  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  Block* take();
  void give(Block* block);

 private:
  Block* spare_ = nullptr;
  size_t count_ = 0;
};

class ByteQueue {
 public:
  explicit ByteQueue(BlockPool& pool) : pool_(&pool) {}
  ~ByteQueue() { clear(); }
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void append(std::string_view bytes);
  /// Appends as much of `bytes` as fits into one place, and returns where that is; its size is not 0 unless
  /// `bytes` is empty.
  std::string_view append_piece(std::string_view bytes);
  /// Names the first bytes; returns how many pieces.
  int name(std::span<iovec> pieces) const;
  /// The first bytes are needed no more.
  void drop(size_t bytes);
  void clear();

 private:
  BlockPool* pool_;
  Block* first_ = nullptr;
  Block* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace h3
