#include "proto/h1/postponed_body.h"

#include <algorithm>

namespace h1 {

using http::Peek;
using http::Readiness;

Peek PostponedBody::peek(std::span<iovec> pieces) {
  while (true) {
    size_t held = held_.size() - taken_;
    size_t place = held > 0 ? 1 : 0;
    Peek seen = from_->peek(pieces.subspan(place));
    if (place == 1) pieces[0] = {held_.data() + taken_, held};
    if (seen.state == Readiness::failed) return seen;
    if (seen.state != Readiness::ready) {
      if (held == 0) return seen;
      return {Readiness::ready, 1, seen.state == Readiness::end};
    }
    size_t size = 0;
    for (int i = 0; i < seen.count; i++) size += pieces[place + static_cast<size_t>(i)].iov_len;
    bool is_enough = seen.last || held + size >= least_;
    if (is_enough || taken_ > 0) return {Readiness::ready, seen.count + static_cast<int>(place), seen.last};
    for (int i = 0; i < seen.count; i++) {
      const iovec& piece = pieces[place + static_cast<size_t>(i)];
      held_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    from_->consume(size);
  }
}

void PostponedBody::consume(size_t bytes) {
  size_t held = std::min(bytes, held_.size() - taken_);
  taken_ += held;
  if (taken_ == held_.size()) {
    held_.clear();
    taken_ = 0;
  }
  if (bytes > held) from_->consume(bytes - held);
}

std::optional<uint64_t> PostponedBody::remaining() const {
  std::optional<uint64_t> rest = from_->remaining();
  return rest ? std::optional<uint64_t>(*rest + held_.size() - taken_) : std::nullopt;
}

}  // namespace h1
