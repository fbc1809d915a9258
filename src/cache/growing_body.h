// The body of an object that somebody fills, read through shared memory while it grows: the filler is known
// only by what it writes there. When it dies or gives up in the middle, the body goes on from another fetch
// where that is possible, and fails otherwise; it never ends as if it were complete.
#pragma once

#include "cache/fill.h"
#include "cache/stored_body.h"

namespace cache {

class GrowingBody final : public http::Body, public base::ListNode<Fills>, private event::Ready {
 public:
  GrowingBody(Fills& fills, FoundGrowing growing, Fills::Resume resume);

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override;
  const http::Fields* trailers() const override { return rest_ ? rest_->trailers() : nullptr; }
  void set_reader(event::Ready* reader) override;

  /// Wakes the reader when there is more to read than it had.
  void look();

 private:
  bool has_news() const { return pin_.progress() != Progress::growing || pin_.body_size() > read_; }
  void wait();
  http::Peek broken();
  void on_ready() override;

  Fills& fills_;
  FlightRef flight_;
  std::optional<uint64_t> size_;
  Pin pin_;
  Cursor cursor_;
  Fills::Resume resume_;
  http::BodyPtr rest_;  // from another fetch
  uint64_t read_ = 0;
  bool failed_ = false;
};

}  // namespace cache
