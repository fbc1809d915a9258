// The body of an object that somebody fills, read through shared memory while it grows: the filler is known
// only by what it writes there: the bytes, or where on the disk they are. When it dies or gives up in the
// middle, the body goes on from another fetch where that is possible, and fails otherwise; it never ends as
// if it were complete.
#pragma once

#include "cache/fill.h"
#include "cache/stored_body.h"

namespace cache {

class GrowingBody final : public http::Body,
                          public base::ListNode<Fills>,
                          public base::ListNode<MayMove>,
                          private event::Ready {
 public:
  GrowingBody(Fills& fills, FoundGrowing growing, Fills::Resume resume);

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override;
  const http::Fields* trailers() const override { return rest_ ? rest_->trailers() : nullptr; }
  void set_reader(event::Ready* reader) override;

  /// Wakes the reader when there is more to read than it had.
  void look();
  /// Holds on to the object on the disk that goes on where this one, in memory, ended: later it cannot be
  /// found any more.
  void look_for_move();

 private:
  bool has_news() const;
  void wait();
  void take(FoundGrowing growing);
  bool follow();
  void take_extents();
  uint64_t readable() const { return disk_ ? listed_ : pin_.body_size(); }
  http::Peek stored(std::span<iovec> pieces, uint64_t size, bool whole);
  http::Peek broken();
  void on_ready() override;

  Fills& fills_;
  base::Digest digest_;
  FlightRef flight_;
  std::optional<uint64_t> size_;
  Pin pin_;
  std::optional<Cursor> cursor_;  // of the body, or of the list of its extents
  std::unique_ptr<DiskBody> disk_;
  uint64_t list_read_ = 0;  // bytes of that list
  uint64_t listed_ = 0;     // bytes of body in its extents
  Fills::Resume resume_;
  http::BodyPtr rest_;  // from another fetch
  FoundGrowing moved_;  // where it goes on when memory's part is read
  uint64_t read_ = 0;
  uint64_t named_ = 0;  // up to here peek() has named bytes in memory
  bool failed_ = false;
};

}  // namespace cache
