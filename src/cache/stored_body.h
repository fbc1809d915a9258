// A stored body as it goes out: pieces point straight into the zone's memory, held by a pin; nothing is
// copied. Whole pages of large ones may go out of the zone's file, by reference: then they are lent.
#pragma once

#include "cache/zone.h"
#include "http/body.h"

namespace cache {

/// A place in an object's chain of extents: names bytes, and moves on. Needs a pin that its owner keeps.
class Cursor {
 public:
  /// Pages are lent (Heap::lend) from so many bytes in one piece on: below, copying costs no more.
  static constexpr size_t kLeastLent = 32 * 1024;

  explicit Cursor(const Pin& pin)
      : heap_(&pin.heap()), extent_(pin.first()), body_(pin.body_start()), at_(body_) {}

  /// Names up to `limit` bytes from here on.
  int pieces(std::span<iovec> out, uint64_t limit) const;
  /// The next bytes in one piece, within `limit` bytes from here on, that lie in pages with nothing but this
  /// body in them, where there are enough to be worth lending or the extent is lent already. They end with a
  /// page.
  struct Pages {
    shm::Offset extent = 0;
    const std::byte* begin = nullptr;
    size_t size = 0;     ///< 0: none
    uint64_t ahead = 0;  ///< bytes from here to them
  };
  Pages pages(uint64_t limit) const;
  /// Goes on by `bytes`, which must be there.
  void advance(uint64_t bytes);

 private:
  shm::Heap* heap_;
  shm::Offset extent_;
  size_t body_;  // where the body begins in this extent
  size_t at_;
};

/// `size` bytes from `first` of a complete object.
class StoredBody final : public http::Body {
 public:
  StoredBody(Pin pin, uint64_t first, uint64_t size);
  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return remaining_; }
  http::FilePart file_part() override;

 private:
  Pin pin_;
  Cursor cursor_;
  uint64_t remaining_;
};

}  // namespace cache
