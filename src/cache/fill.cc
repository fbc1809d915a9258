#include "cache/fill.h"

#include "base/check.h"
#include "cache/stored_body.h"

namespace cache {

/// One reader of a growing object.
class FillBody final : public http::Body, public base::ListNode<Fill> {
 public:
  FillBody(std::shared_ptr<Fill> fill, Pin pin)
      : fill_(std::move(fill)), pin_(std::move(pin)), cursor_(pin_) {
    fill_->readers_.push_back(*this);
  }
  ~FillBody() override { fill_->leave(*this); }

  http::Peek peek(std::span<iovec> pieces) override {
    uint64_t stored = fill_->size_ - read_;
    if (stored > 0) {
      int count = cursor_.pieces(pieces, stored);
      uint64_t named = 0;
      for (int i = 0; i < count; ++i) named += pieces[static_cast<size_t>(i)].iov_len;
      bool last = fill_->state_ == Fill::State::complete && named == stored;
      return {http::Readiness::ready, count, last};
    }
    switch (fill_->state_) {
      case Fill::State::filling: return {http::Readiness::wait, 0, false};
      case Fill::State::complete: return {http::Readiness::end, 0, true};
      case Fill::State::passing:
        if (passes()) return fill_->source_->peek(pieces);
        [[fallthrough]];
      case Fill::State::failed: break;
    }
    return {http::Readiness::failed, 0, false};
  }

  void consume(size_t bytes) override {
    uint64_t stored = std::min<uint64_t>(bytes, fill_->size_ - read_);
    cursor_.advance(stored);
    read_ += stored;
    passed_ += bytes - stored;
    if (bytes > stored) fill_->source_->consume(bytes - stored);
  }

  std::optional<uint64_t> remaining() const override {
    if (fill_->object_.body_size) return *fill_->object_.body_size - read_ - passed_;
    if (fill_->state_ == Fill::State::complete) return fill_->size_ - read_;
    return std::nullopt;
  }

  void set_reader(event::Ready* reader) override {
    reader_ = reader;
    if (passes()) fill_->source_->set_reader(reader);
  }

  event::Ready* reader() const { return reader_; }

 private:
  /// Whether the origin's body is this reader's to pull.
  bool passes() const { return fill_->state_ == Fill::State::passing && fill_->readers_.front() == this; }

  std::shared_ptr<Fill> fill_;
  Pin pin_;
  Cursor cursor_;
  uint64_t read_ = 0;    // from the zone
  uint64_t passed_ = 0;  // from the origin's body
};

Fill::Fill(Fills& fills, Writer writer, Object object, http::BodyPtr source)
    : fills_(fills), writer_(std::move(writer)), object_(std::move(object)), source_(std::move(source)) {}

Fill::~Fill() = default;

http::BodyPtr Fill::start(Fills& fills, Zone& zone, Object object, http::BodyPtr& source,
                          FlightRef announced) {
  Flights& flights = zone.flights();
  if (flights.view(announced).detached == Detached::purged) return nullptr;
  Writer::Object written;
  written.digest = object.digest;
  written.key = object.key;
  written.head = object.head;
  written.facts = object.facts;
  written.body_size = object.body_size;
  Writer writer = Writer::begin(zone, written, static_cast<uint32_t>(fills.loop_.clock().wall_seconds()));
  if (!writer) return nullptr;
  Pin pin = writer.pin();
  if (!pin) return nullptr;
  FlightRef flight = announced;
  if (!flights.grow(announced, object.digest, writer.entry())) {
    // Nobody announced it, or it turned out to be a variant: those who waited look where it is.
    flight = flights.begin_growing(object.digest, writer.entry(), fills.loop_.now());
    fills.end(announced, FlightEnd::look_again);
  }
  auto fill = std::make_shared<Fill>(fills, std::move(writer), std::move(object), std::move(source));
  // A second fill of the same object (a forced refresh) goes on unseen by others.
  fills.by_digest_.try_emplace(fill->object_.digest, fill.get());
  fill->self_ = fill;
  fill->flight_ = flight;
  fill->pass_.emplace(fills.under_way_);
  // Not pumped in place: the first reader has to be there when nothing can be stored.
  fills.loop_.post(*fill);
  fills.wake(flights.take_waiting(flight));
  return std::make_unique<FillBody>(std::move(fill), std::move(pin));
}

http::BodyPtr Fill::read() {
  if (state_ != State::filling) return nullptr;
  Pin pin = writer_.pin();
  if (!pin) return nullptr;
  return std::make_unique<FillBody>(shared_from_this(), std::move(pin));
}

bool Fill::take(std::span<const iovec> pieces, size_t& taken) {
  for (const iovec& piece : pieces) {
    if (!writer_.append({static_cast<const char*>(piece.iov_base), piece.iov_len})) return false;
    taken += piece.iov_len;
    size_ += piece.iov_len;
  }
  return true;
}

void Fill::pump() {
  if (state_ != State::filling) return;
  std::shared_ptr<Fill> keep = shared_from_this();
  iovec pieces[16];
  size_t turn = 0;
  for (;;) {
    if (turn >= kTurn) {
      fills_.loop_.post(*this);
      break;
    }
    http::Peek peek = source_ ? source_->peek(pieces) : http::Peek{http::Readiness::end, 0, true};
    if (peek.state == http::Readiness::wait) {
      source_->set_reader(this);
      break;
    }
    if (peek.state == http::Readiness::end) {
      end(writer_.finish() || object_.body_size.value_or(size_) == size_ ? State::complete : State::failed);
      break;
    }
    if (peek.state == http::Readiness::failed) {
      end(State::failed);
      break;
    }
    size_t taken = 0;
    bool fits = take({pieces, static_cast<size_t>(peek.count)}, taken);
    if (taken > 0) source_->consume(taken);
    turn += taken;
    if (!fits) {
      pass_through();
      break;
    }
  }
  wake_readers();
}

// The zone takes no more: what it has is read to its end by those who hold it, then the first goes on by
// itself.
void Fill::pass_through() {
  writer_.abandon();
  if (readers_.empty()) {
    end(State::failed);
    return;
  }
  http::BodyPtr source = std::move(source_);
  end(State::passing);
  source_ = std::move(source);
  source_->set_reader(readers_.front()->reader());
}

// Nobody can join any more. The origin's connection goes back with its body.
void Fill::end(State state) {
  state_ = state;
  writer_.abandon();
  source_.reset();
  fills_.end(std::exchange(flight_, {}), FlightEnd::look_again);
  auto mine = fills_.by_digest_.find(object_.digest);
  if (mine != fills_.by_digest_.end() && mine->second == this) fills_.by_digest_.erase(mine);
  pass_.reset();
  self_.reset();
}

void Fill::wake_readers() {
  for (FillBody* reader = readers_.front(); reader != nullptr; reader = readers_.next(*reader)) {
    if (reader->reader() != nullptr) fills_.loop_.post(*reader->reader());
  }
  if (flight_) fills_.wake(fills_.zone_.flights().take_waiting(flight_));
}

void Fill::leave(FillBody& reader) {
  bool first = readers_.front() == &reader;
  reader.unlink();
  // Without its one reader a body that passes through has nowhere to go; the others have failed already.
  if (state_ == State::passing && first) {
    source_.reset();
    state_ = State::failed;
  }
}

}  // namespace cache
