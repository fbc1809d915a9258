// Read buffers, kept for the next user: an idle connection owns none. One per worker, passed by reference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace h1 {

class Buffers {
 public:
  static constexpr uint32_t kHead = 4096;   ///< where heads are read first
  static constexpr uint32_t kBody = 16384;  ///< where bodies are read
  static constexpr size_t kMaxSpare = 64;   ///< kept of each size

  Buffers() = default;
  ~Buffers();
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;

  /// A buffer of `size` bytes; never null. Give it back with the same size.
  char* take(uint32_t size);
  void give(char* buffer, uint32_t size);

 private:
  std::vector<char*>* spare(uint32_t size);
  std::vector<char*> heads_;
  std::vector<char*> bodies_;
};

/// One buffer being read into. The first `floor` bytes are a head that is in use; behind them lie `bytes()`
/// that were read and not yet used.
class Input {
 public:
  explicit Input(Buffers& buffers) : buffers_(&buffers) {}
  ~Input() { release(); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  bool held() const { return data_ != nullptr; }
  char* data() { return data_; }
  const char* data() const { return data_; }
  uint32_t end() const { return end_; }
  uint32_t capacity() const { return capacity_; }
  std::string_view bytes() const { return {data_ + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  char* tail() { return data_ + end_; }
  uint32_t room() const { return capacity_ - end_; }
  void grew(size_t size) { end_ += static_cast<uint32_t>(size); }
  void drop(size_t size) {
    begin_ += static_cast<uint32_t>(size);
    if (begin_ == end_) begin_ = end_ = floor_;
  }
  /// The first `size` bytes are a head from now on.
  void keep_head(size_t size) { floor_ = begin_ = static_cast<uint32_t>(size); }

  void take(uint32_t capacity);
  /// A larger buffer with the same bytes at the same places.
  void grow(uint32_t capacity);
  /// Unused bytes are moved to the front of the buffer, over the head.
  void forget_head();
  /// Room for at least `size` bytes behind what is unused, in this buffer or in `other`, which holds nothing:
  /// the head then stays behind in `other`.
  void make_room(uint32_t size, Input& other);
  void release();

 private:
  Buffers* buffers_;
  char* data_ = nullptr;
  uint32_t floor_ = 0;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace h1
