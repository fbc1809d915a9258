#include "cache/growing_body.h"

namespace cache {

GrowingBody::GrowingBody(Fills& fills, FoundGrowing growing, Fills::Resume resume)
    : fills_(fills),
      flight_(growing.flight),
      size_(growing.body_size),
      pin_(std::move(growing.pin)),
      cursor_(pin_),
      resume_(std::move(resume)) {}

http::Peek GrowingBody::peek(std::span<iovec> pieces) {
  if (rest_) return rest_->peek(pieces);
  // In this order: the size of what is whole is final.
  Progress progress = pin_.progress();
  uint64_t stored = pin_.body_size() - read_;
  if (stored == 0 && progress == Progress::growing) {
    wait();
    progress = pin_.progress();
    stored = pin_.body_size() - read_;
  }
  if (stored > 0) {
    int count = cursor_.pieces(pieces, stored);
    uint64_t named = 0;
    for (int i = 0; i < count; ++i) named += pieces[static_cast<size_t>(i)].iov_len;
    return {http::Readiness::ready, count, progress == Progress::whole && named == stored};
  }
  switch (progress) {
    case Progress::growing: return {http::Readiness::wait, 0, false};
    case Progress::whole: return {http::Readiness::end, 0, true};
    case Progress::broken: break;
  }
  return broken();
}

// Another fetch is not begun inside peek().
http::Peek GrowingBody::broken() {
  if (failed_ || !resume_) return {http::Readiness::failed, 0, false};
  fills_.loop_.post(*this);
  return {http::Readiness::wait, 0, false};
}

void GrowingBody::on_ready() {
  if (rest_ || failed_) return;
  Fills::Resume resume = std::move(resume_);
  rest_ = resume(read_);
  failed_ = rest_ == nullptr;
  if (rest_) rest_->set_reader(reader_);
  if (reader_ != nullptr) fills_.loop_.post(*reader_);
}

void GrowingBody::consume(size_t bytes) {
  if (rest_) return rest_->consume(bytes);
  cursor_.advance(bytes);
  read_ += bytes;
}

std::optional<uint64_t> GrowingBody::remaining() const {
  if (rest_) return rest_->remaining();
  if (size_) return *size_ - read_;
  if (pin_.progress() == Progress::whole) return pin_.body_size() - read_;
  return std::nullopt;
}

void GrowingBody::set_reader(event::Ready* reader) {
  reader_ = reader;
  if (rest_) rest_->set_reader(reader);
}

void GrowingBody::wait() {
  if (!base::ListNode<Fills>::linked()) fills_.readers_.push_back(*this);
  fills_.zone_.flights().wait(flight_);
}

void GrowingBody::look() {
  if (!has_news()) {
    // The filler may have taken our bit for what we knew already.
    fills_.zone_.flights().wait(flight_);
    if (!has_news()) return;
  }
  base::ListNode<Fills>::unlink();
  if (reader_ != nullptr) fills_.loop_.post(*reader_);
}

}  // namespace cache
