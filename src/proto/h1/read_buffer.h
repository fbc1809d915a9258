// What has been read from an origin and not been used yet. Owned by the session while a head is read, then by
// the answer's body. Holds no memory while nothing is under way.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace h1 {

class ReadBuffer {
 public:
  ReadBuffer() = default;
  ReadBuffer(ReadBuffer&& other) noexcept { *this = std::move(other); }
  ReadBuffer& operator=(ReadBuffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
  }

  bool allocated() const { return capacity_ != 0; }
  size_t capacity() const { return capacity_; }
  const char* data() const { return memory_.get() + begin_; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::string_view text() const { return {data(), size()}; }

  /// New memory; what was inside is gone.
  void allocate(size_t capacity) {
    memory_.reset(new char[capacity]);
    capacity_ = capacity;
    begin_ = end_ = 0;
  }
  void free() { *this = ReadBuffer(); }

  char* tail() { return memory_.get() + end_; }
  size_t room() const { return capacity_ - end_; }
  void added(size_t size) { end_ += size; }
  void drop_front(size_t size) { begin_ += size; }
  void drop_back(size_t size) { end_ -= size; }
  /// Moves what is inside to the front of the memory, so that all the room is behind it.
  void compact() {
    if (begin_ == 0) return;
    if (!empty()) std::memmove(memory_.get(), data(), size());
    end_ -= begin_;
    begin_ = 0;
  }

 private:
  std::unique_ptr<char[]> memory_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace h1
