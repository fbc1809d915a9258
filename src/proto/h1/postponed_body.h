// postpone_output: collects small pieces of a body that come at once, so that they leave together. What is
// followed by a wait leaves at once: nothing is held back in time.
#pragma once

#include <string>

#include "http/body.h"

namespace h1 {

class PostponedBody final : public http::Body {
 public:
  /// Pieces are collected until there are `least` bytes.
  PostponedBody(http::BodyPtr from, uint32_t least) : from_(std::move(from)), least_(least) {}

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override;
  const http::Fields* trailers() const override { return from_->trailers(); }
  void set_reader(event::Ready* reader) override { from_->set_reader(reader); }

 private:
  http::BodyPtr from_;
  std::string held_;  // what was taken from the body and not from us
  size_t taken_ = 0;  // of held_
  uint32_t least_;
};

}  // namespace h1
