#include "proto/h1/buffers.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace h1 {

Buffers::~Buffers() {
  for (char* buffer : heads_) std::free(buffer);
  for (char* buffer : bodies_) std::free(buffer);
}

std::vector<char*>* Buffers::spare(uint32_t size) {
  return size == kHead ? &heads_ : size == kBody ? &bodies_ : nullptr;
}

char* Buffers::take(uint32_t size) {
  std::vector<char*>* kept = spare(size);
  if (kept != nullptr && !kept->empty()) {
    char* buffer = kept->back();
    kept->pop_back();
    return buffer;
  }
  char* buffer = static_cast<char*>(std::malloc(size));
  PC_CHECK(buffer != nullptr);
  return buffer;
}

void Buffers::give(char* buffer, uint32_t size) {
  std::vector<char*>* kept = spare(size);
  if (kept != nullptr && kept->size() < kMaxSpare) {
    kept->push_back(buffer);
  } else {
    std::free(buffer);
  }
}

void Input::take(uint32_t capacity) {
  data_ = buffers_->take(capacity);
  capacity_ = capacity;
  floor_ = begin_ = end_ = 0;
}

void Input::grow(uint32_t capacity) {
  char* larger = buffers_->take(capacity);
  std::memcpy(larger, data_, end_);
  buffers_->give(data_, capacity_);
  data_ = larger;
  capacity_ = capacity;
}

void Input::forget_head() {
  if (begin_ != end_ && begin_ != 0) std::memmove(data_, data_ + begin_, end_ - begin_);
  end_ -= begin_;
  floor_ = begin_ = 0;
}

void Input::make_room(uint32_t size, Input& other) {
  if (!held()) take(Buffers::kBody);
  if (room() >= size) return;
  if (floor_ == 0) {
    forget_head();
    if (room() < size) grow(std::max(capacity_ * 2, end_ + size));
    return;
  }
  PC_CHECK(!other.held());
  std::string_view unused = bytes();
  std::swap(data_, other.data_);
  std::swap(capacity_, other.capacity_);
  take(std::max<uint32_t>(Buffers::kBody, static_cast<uint32_t>(unused.size()) + size));
  if (!unused.empty()) std::memcpy(data_, unused.data(), unused.size());
  end_ = static_cast<uint32_t>(unused.size());
}

void Input::release() {
  if (data_ == nullptr) return;
  buffers_->give(data_, capacity_);
  data_ = nullptr;
  floor_ = begin_ = end_ = capacity_ = 0;
}

}  // namespace h1
