// Coroutine frames from a per-process free list by size class (64 bytes each, up to 4 KiB). Under ASan:
// malloc, so that it sees every frame. Not thread safe: coroutines run on the loop's thread only.
#pragma once

#include <cstddef>

namespace event {

void* allocate_frame(size_t size);
void free_frame(void* frame, size_t size);
/// Bytes held in free lists and in use, for the memory limit and tests.
size_t frame_bytes();

}  // namespace event
