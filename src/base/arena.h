// Memory that lives as long as one exchange: bump allocation, freed at once. Owned by the exchange (or a
// test). Never holds anything that must outlive it; what a Fill or the pool keeps is copied out.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

namespace base {

class Arena {
 public:
  static constexpr size_t kBlock = 4096;

  Arena() = default;
  ~Arena() { clear(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `size` bytes, aligned to `align` (a power of two, at most 16). Never null: out of memory crashes.
  void* allocate(size_t size, size_t align = 8) {
    size_t start = (used_ + align - 1) & ~(align - 1);
    if (block_ != nullptr && start + size <= capacity_) {
      used_ = start + size;
      return reinterpret_cast<char*>(block_) + start;
    }
    return allocate_slow(size, align);
  }
  char* chars(size_t size) { return static_cast<char*>(allocate(size, 1)); }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* out = chars(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }

  /// The parts, joined.
  template <class... Parts>
  std::string_view join(const Parts&... parts) {
    size_t size = (std::string_view(parts).size() + ...);
    char* out = chars(size);
    char* end = out;
    ((end = put(end, std::string_view(parts))), ...);
    return {out, size};
  }

  /// An object in the arena; its destructor runs in clear(), last made first.
  template <class T, class... Args>
  T* make(Args&&... args) {
    T* object = new (allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
    if constexpr (!std::is_trivially_destructible_v<T>) {
      on_clear([](void* p) { static_cast<T*>(p)->~T(); }, object);
    }
    return object;
  }

  /// Calls `action(object)` in clear(), last registered first.
  void on_clear(void (*action)(void*), void* object);

  /// Destroys what was made and gives all memory back.
  void clear();
  /// Destroys what was made; keeps one block for what comes next.
  void rewind();
  /// Bytes taken from the system.
  size_t reserved() const { return reserved_; }

 private:
  struct Block {
    Block* next;
    size_t capacity;
  };
  struct Cleanup {
    Cleanup* next;
    void (*action)(void*);
    void* object;
  };
  static char* put(char* out, std::string_view text) {
    if (!text.empty()) std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }
  void* allocate_slow(size_t size, size_t align);
  void destroy_objects();

  Block* block_ = nullptr;  // newest first; used_ and capacity_ belong to it
  size_t used_ = 0;
  size_t capacity_ = 0;
  size_t reserved_ = 0;
  Cleanup* cleanups_ = nullptr;
};

}  // namespace base
