// Memory for bytes between two sockets, kept for the next that needs some. A relay holds a buffer only while
// bytes are in it. One a process, owned by the Service.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

namespace stream {

class Buffers {
 public:
  /// How much is kept of what nobody needs now.
  static constexpr size_t kMostKept = 4u << 20;

  using Memory = std::unique_ptr<char[]>;

  Memory take(size_t size) {
    std::vector<Memory>& kept = kept_[size];
    if (kept.empty()) return Memory(new char[size]);
    Memory memory = std::move(kept.back());
    kept.pop_back();
    bytes_kept_ -= size;
    return memory;
  }
  /// `size`: as it was taken.
  void give_back(Memory memory, size_t size) {
    if (bytes_kept_ + size > kMostKept) return;
    bytes_kept_ += size;
    kept_[size].push_back(std::move(memory));
  }

 private:
  std::unordered_map<size_t, std::vector<Memory>> kept_;  // by size: as many as the configuration names
  size_t bytes_kept_ = 0;
};

}  // namespace stream
