#include "cache/growing_body.h"

#include <cstring>

#include "cache/tiers.h"

namespace cache {

GrowingBody::GrowingBody(Fills& fills, FoundGrowing growing, Fills::Resume resume)
    : fills_(fills), digest_(growing.digest), size_(growing.body_size), resume_(std::move(resume)) {
  take(std::move(growing));
  if (!disk_ && !size_ && fills_.tiers_ != nullptr) fills_.in_memory_.push_back(*this);
}

void GrowingBody::take(FoundGrowing growing) {
  flight_ = growing.flight;
  pin_ = std::move(growing.pin);
  cursor_.emplace(pin_);
  if (growing.place != BodyPlace::disk) return;
  disk_ = std::make_unique<DiskBody>(fills_.tiers_->shared_store(), digest_,
                                     std::make_shared<std::vector<DiskExtent>>(), read_, DiskBody::kUnknown);
  disk_->set_reader(reader_);
}

void GrowingBody::look_for_move() {
  if (pin_.progress() == Progress::growing) return;
  base::ListNode<MayMove>::unlink();
  if (pin_.progress() == Progress::whole) return;
  moved_ = fills_.zone_.find_growing(flight_);
  if (moved_.place != BodyPlace::disk || !fills_.can_read(moved_)) moved_ = {};
}

// The filler goes on on the disk: all that was in memory is there too.
bool GrowingBody::follow() {
  if (base::ListNode<MayMove>::linked()) look_for_move();
  if (!moved_) return false;
  take(std::move(moved_));
  moved_ = {};
  return true;
}

void GrowingBody::take_extents() {
  for (uint64_t there = pin_.body_size(); list_read_ + sizeof(DiskExtent) <= there;) {
    DiskExtent extent;
    size_t copied = 0;
    while (copied < sizeof extent) {
      iovec piece[1];
      cursor_->pieces(piece, sizeof extent - copied);
      std::memcpy(reinterpret_cast<char*>(&extent) + copied, piece[0].iov_base, piece[0].iov_len);
      cursor_->advance(piece[0].iov_len);
      copied += piece[0].iov_len;
    }
    list_read_ += sizeof extent;
    listed_ += extent.size;
    disk_->add(extent);
  }
}

http::Peek GrowingBody::peek(std::span<iovec> pieces) {
  if (rest_) return rest_->peek(pieces);
  if (read_ < named_) return stored(pieces, named_ - read_, false);
  // In this order: the size of what is whole is final.
  Progress progress = pin_.progress();
  if (disk_) take_extents();
  if (readable() == read_ && progress == Progress::growing) {
    wait();
    progress = pin_.progress();
    if (disk_) take_extents();
  }
  if (progress == Progress::broken && follow()) return peek(pieces);
  if (readable() > read_) return stored(pieces, readable() - read_, progress == Progress::whole);
  switch (progress) {
    case Progress::growing: return {http::Readiness::wait, 0, false};
    case Progress::whole: return {http::Readiness::end, 0, true};
    case Progress::broken: break;
  }
  return broken();
}

http::Peek GrowingBody::stored(std::span<iovec> pieces, uint64_t size, bool whole) {
  http::Peek peek{http::Readiness::ready, 0, false};
  if (disk_) {
    peek = disk_->peek(pieces);
    if (peek.state == http::Readiness::failed) return broken();
    if (peek.state != http::Readiness::ready) return peek;
  } else {
    peek.count = cursor_->pieces(pieces, size);
  }
  uint64_t named = 0;
  for (int i = 0; i < peek.count; ++i) named += pieces[static_cast<size_t>(i)].iov_len;
  if (!disk_) named_ = std::max(named_, read_ + named);
  peek.last = whole && named == size;
  return peek;
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
  if (disk_) {
    disk_->consume(bytes);
  } else {
    cursor_->advance(bytes);
  }
  read_ += bytes;
}

std::optional<uint64_t> GrowingBody::remaining() const {
  if (rest_) return rest_->remaining();
  if (size_) return *size_ - read_;
  if (!disk_ && pin_.progress() == Progress::whole) return pin_.body_size() - read_;
  return std::nullopt;
}

void GrowingBody::set_reader(event::Ready* reader) {
  reader_ = reader;
  if (disk_) disk_->set_reader(reader);
  if (rest_) rest_->set_reader(reader);
}

bool GrowingBody::has_news() const {
  return pin_.progress() != Progress::growing || pin_.body_size() > (disk_ ? list_read_ : read_);
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
