// A stored body as it goes out: pieces point straight into the zone's memory, held by a pin; nothing is
// copied.
#pragma once

#include "cache/zone.h"
#include "http/body.h"

namespace cache {

/// A place in an object's chain of extents: names bytes, and moves on. Needs a pin that its owner keeps.
class Cursor {
 public:
  explicit Cursor(const Pin& pin) : heap_(&pin.heap()), extent_(pin.first()), at_(pin.body_start()) {}

  /// Names up to `limit` bytes from here on.
  int pieces(std::span<iovec> out, uint64_t limit) const;
  /// Goes on by `bytes`, which must be there.
  void advance(uint64_t bytes);

 private:
  shm::Heap* heap_;
  shm::Offset extent_;
  size_t at_;
};

/// `size` bytes from `first` of a complete object.
class StoredBody final : public http::Body {
 public:
  StoredBody(Pin pin, uint64_t first, uint64_t size);
  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return remaining_; }

 private:
  Pin pin_;
  Cursor cursor_;
  uint64_t remaining_;
};

}  // namespace cache
