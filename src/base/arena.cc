#include "base/arena.h"

#include <cstdlib>

#include "base/check.h"

namespace base {

void* Arena::allocate_slow(size_t size, size_t align) {
  size_t capacity = sizeof(Block) + size + align;
  if (capacity < kBlock) capacity = kBlock;
  Block* block = static_cast<Block*>(std::malloc(capacity));
  PC_CHECK(block != nullptr);
  reserved_ += capacity;
  block->next = block_;
  block->capacity = capacity;
  block_ = block;
  capacity_ = capacity;
  size_t start = (sizeof(Block) + align - 1) & ~(align - 1);
  used_ = start + size;
  return reinterpret_cast<char*>(block) + start;
}

void Arena::on_clear(void (*action)(void*), void* object) {
  void* place = allocate(sizeof(Cleanup), alignof(Cleanup));
  cleanups_ = new (place) Cleanup{cleanups_, action, object};
}

void Arena::destroy_objects() {
  while (cleanups_ != nullptr) {
    Cleanup* cleanup = cleanups_;
    cleanups_ = cleanup->next;
    cleanup->action(cleanup->object);
  }
}

void Arena::rewind() {
  destroy_objects();
  while (block_ != nullptr && (block_->next != nullptr || block_->capacity != kBlock)) {
    Block* next = block_->next;
    std::free(block_);
    block_ = next;
  }
  used_ = block_ != nullptr ? sizeof(Block) : 0;
  capacity_ = reserved_ = block_ != nullptr ? kBlock : 0;
}

void Arena::clear() {
  destroy_objects();
  while (block_ != nullptr) {
    Block* next = block_->next;
    std::free(block_);
    block_ = next;
  }
  used_ = capacity_ = reserved_ = 0;
}

}  // namespace base
