#include "event/frame.h"

#include <cstdlib>
#include <new>

#include "base/check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PC_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define PC_ASAN 1
#endif

namespace event {

namespace {

constexpr size_t kStep = 64;
constexpr size_t kLargest = 4096;
// Frames above this stay not in the lists but go back to malloc, so that one burst is not paid for ever.
constexpr size_t kMostHeld = 1 << 20;

struct FreeFrame {
  FreeFrame* next;
};

struct FramePool {
  FreeFrame* classes[kLargest / kStep] = {};
  size_t held = 0;
  size_t in_use = 0;
};

// The one mutable object outside any owner: `operator new` of a promise gets nothing but a size, so there is
// no parameter through which the loop's pool could reach it. One per thread, so that even a coroutine on the
// wrong thread cannot tear the lists; nothing else can name it.
FramePool& pool() {
  static thread_local constinit FramePool instance;
  return instance;
}

size_t rounded(size_t size) { return (size + kStep - 1) & ~(kStep - 1); }

#ifdef PC_ASAN
constexpr bool kPooled = false;
#else
constexpr bool kPooled = true;
#endif

}  // namespace

void* allocate_frame(size_t size) {
  FramePool& frames = pool();
  size = rounded(size);
  frames.in_use += size;
  if (kPooled && size <= kLargest) {
    FreeFrame*& first = frames.classes[size / kStep - 1];
    if (first != nullptr) {
      FreeFrame* frame = first;
      first = frame->next;
      frames.held -= size;
      return frame;
    }
  }
  void* frame = std::malloc(size);
  PC_CHECK(frame != nullptr);
  return frame;
}

void free_frame(void* frame, size_t size) {
  FramePool& frames = pool();
  size = rounded(size);
  frames.in_use -= size;
  if (!kPooled || size > kLargest || frames.held + size > kMostHeld) {
    std::free(frame);
    return;
  }
  FreeFrame*& first = frames.classes[size / kStep - 1];
  first = new (frame) FreeFrame{first};
  frames.held += size;
}

size_t frame_bytes() { return pool().held + pool().in_use; }

}  // namespace event
