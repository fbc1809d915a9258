#include "cache/fill.h"

#include "base/check.h"
#include "cache/stored_body.h"

namespace cache {

/// One reader of a growing object. What it named before the object went on to the disk it still reads from
/// memory.
class FillBody final : public http::Body, public base::ListNode<Fill> {
 public:
  /// `pin`: of an object in memory; empty: it is on the disk.
  FillBody(std::shared_ptr<Fill> fill, Pin pin) : fill_(std::move(fill)), pin_(std::move(pin)) {
    if (pin_) cursor_.emplace(pin_);
    fill_->readers_.push_back(*this);
  }
  ~FillBody() override { fill_->leave(*this); }

  http::Peek peek(std::span<iovec> pieces) override {
    if (read_ < fill_->readable_) return fill_->disk_ ? on_disk(pieces) : in_memory(pieces);
    switch (fill_->state_) {
      case Fill::State::filling: return {http::Readiness::wait, 0, false};
      case Fill::State::storing:
      case Fill::State::complete: return {http::Readiness::end, 0, true};
      case Fill::State::passing: return passing(pieces);
      case Fill::State::failed: break;
    }
    return {http::Readiness::failed, 0, false};
  }

  void consume(size_t bytes) override {
    if (read_ >= fill_->size_) {
      fill_->source_->consume(bytes);
    } else if (read_ < fill_->readable_ && disk_) {
      disk_->consume(bytes);
    } else if (read_ < fill_->readable_) {
      cursor_->advance(bytes);
    }
    read_ += bytes;
  }

  std::optional<uint64_t> remaining() const override {
    if (fill_->object_.body_size) return *fill_->object_.body_size - read_;
    if (is_whole()) return fill_->readable_ - read_;
    return std::nullopt;
  }

  void set_reader(event::Ready* reader) override {
    reader_ = reader;
    if (disk_) disk_->set_reader(reader);
    if (passes() && fill_->source_) fill_->source_->set_reader(reader);
  }

  event::Ready* reader() const { return reader_; }

 private:
  /// Whether the origin's body is this reader's to pull.
  bool passes() const { return fill_->state_ == Fill::State::passing && fill_->readers_.front() == this; }
  bool is_whole() const {
    return fill_->state_ == Fill::State::complete || fill_->state_ == Fill::State::storing;
  }

  http::Peek in_memory(std::span<iovec> pieces) {
    uint64_t stored = (fill_->disk_ ? named_ : fill_->readable_) - read_;
    int count = cursor_->pieces(pieces, stored);
    uint64_t named = 0;
    for (int i = 0; i < count; ++i) named += pieces[static_cast<size_t>(i)].iov_len;
    named_ = std::max(named_, read_ + named);
    return {http::Readiness::ready, count, is_whole() && read_ + named == fill_->readable_};
  }

  http::Peek on_disk(std::span<iovec> pieces) {
    if (read_ < named_) return in_memory(pieces);
    if (!disk_) {
      cursor_.reset();
      pin_.release();
      disk_ = fill_->disk_->read(read_);
      disk_->set_reader(reader_);
    }
    http::Peek peek = disk_->peek(pieces);
    peek.last =
        peek.state == http::Readiness::ready && is_whole() && read_ + pieces[0].iov_len == fill_->readable_;
    return peek;
  }

  http::Peek passing(std::span<iovec> pieces) {
    Fill& fill = *fill_;
    if (read_ < fill.size_) {
      std::string_view rest = std::string_view(fill.rest_).substr(read_ - fill.readable_);
      pieces[0] = {const_cast<char*>(rest.data()), rest.size()};
      return {http::Readiness::ready, 1, fill.ended_};
    }
    if (fill.ended_) return {http::Readiness::end, 0, true};
    if (passes()) return fill.source_->peek(pieces);
    return {http::Readiness::failed, 0, false};
  }

  std::shared_ptr<Fill> fill_;
  Pin pin_;
  std::optional<Cursor> cursor_;
  std::unique_ptr<DiskBody> disk_;
  uint64_t read_ = 0;
  uint64_t named_ = 0;  // up to here peek() has named bytes in memory
};

Fill::~Fill() = default;

http::BodyPtr Fill::start(Fills& fills, Zone& zone, Object object, http::BodyPtr& source,
                          FlightRef announced) {
  Flights& flights = zone.flights();
  if (flights.view(announced).detached == Detached::purged) return nullptr;
  auto fill = std::make_shared<Fill>(fills, std::move(object));
  fill->writer_ = fill->begin_writer(BodyPlace::memory);
  if (!fill->writer_ && !fill->begin_on_disk()) return nullptr;
  Pin pin = fill->disk_ ? Pin() : fill->writer_.pin();
  if (!pin && !fill->disk_) return nullptr;
  fill->source_ = std::move(source);
  const base::Digest& digest = fill->object_.digest;
  FlightRef flight = announced;
  if (!flights.grow(announced, digest, fill->writer_.entry())) {
    // Nobody announced it, or it turned out to be a variant: those who waited look where it is.
    flight = flights.begin_growing(digest, fill->writer_.entry(), fills.loop_.now());
    fills.end(announced, FlightEnd::look_again);
  }
  // A second fill of the same object (a forced refresh) goes on unseen by others.
  fills.by_digest_.try_emplace(digest, fill.get());
  fill->self_ = fill;
  fill->flight_ = flight;
  fill->pass_.emplace(fills.under_way_);
  // Not pumped in place: the first reader has to be there when nothing can be stored.
  fills.loop_.post(*fill);
  fills.wake(flights.take_waiting(flight));
  return std::make_unique<FillBody>(std::move(fill), std::move(pin));
}

// In memory: the object; on the disk: its head and the list of its extents, which other processes go by.
Writer Fill::begin_writer(BodyPlace place) {
  Writer::Object written;
  written.digest = object_.digest;
  written.key = object_.key;
  written.head = object_.head;
  written.facts = object_.facts;
  written.body_size = object_.body_size;
  written.place = place;
  return Writer::begin(fills_.zone_, written, static_cast<uint32_t>(fills_.loop_.clock().wall_seconds()));
}

http::BodyPtr Fill::read() {
  if (!can_be_joined()) return nullptr;
  Pin pin = disk_ ? Pin() : writer_.pin();
  if (!pin && !disk_) return nullptr;
  return std::make_unique<FillBody>(shared_from_this(), std::move(pin));
}

bool Fill::take(std::span<const iovec> pieces, size_t& taken) {
  for (const iovec& piece : pieces) {
    std::string_view bytes(static_cast<const char*>(piece.iov_base), piece.iov_len);
    if (disk_ ? !disk_->append(bytes) : !writer_.append(bytes)) return false;
    taken += piece.iov_len;
    size_ += piece.iov_len;
    if (!disk_) readable_ += piece.iov_len;
  }
  return true;
}

void Fill::pump() {
  if (state_ != State::filling) return;
  std::shared_ptr<Fill> keep = shared_from_this();
  size_t turn = 0;
  bool more = true;
  while (more && turn < kTurn) more = pump_once(turn);
  if (more) fills_.loop_.post(*this);
  wake_readers();
}

// False: it is woken when there is more to do, or there will never be.
bool Fill::pump_once(size_t& turn) {
  if (move_) return go_on_moving(turn);
  if (disk_ && !disk_->wants_more()) return false;
  if (disk_ && disk_->failed()) {
    pass_through();
    return false;
  }
  if (ended_) return false;
  iovec pieces[16];
  http::Peek peek = source_ ? source_->peek(pieces) : http::Peek{http::Readiness::end, 0, true};
  switch (peek.state) {
    case http::Readiness::wait:
      source_->set_reader(this);
      if (disk_) disk_->pause();
      return false;
    case http::Readiness::failed: end(State::failed); return false;
    case http::Readiness::end:
      if (disk_) {
        end_on_disk();
      } else {
        end(writer_.finish() || object_.body_size.value_or(size_) == size_ ? State::complete : State::failed);
      }
      return false;
    case http::Readiness::ready: break;
  }
  size_t taken = 0;
  bool fits = take({pieces, static_cast<size_t>(peek.count)}, taken);
  if (taken > 0) source_->consume(taken);
  turn += taken;
  if (fits || (!disk_ && begin_move())) return true;
  pass_through();
  return false;
}

// The zone takes no more: what it has is read to its end by those who hold it, then the first goes on by
// itself.
void Fill::pass_through() {
  writer_.abandon();
  if (disk_) rest_ = disk_->take_rest();
  if (readers_.empty()) {
    end(State::failed);
    return;
  }
  http::BodyPtr source = std::move(source_);
  end(State::passing);
  source_ = std::move(source);
  if (source_) source_->set_reader(readers_.front()->reader());
}

// Nobody can join any more. The origin's connection goes back with its body.
void Fill::end(State state) {
  state_ = state;
  move_.reset();
  writer_.abandon();
  if (disk_) disk_->abandon();
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
  if (state_ == State::passing && first && !ended_) {
    source_.reset();
    state_ = State::failed;
  }
}

}  // namespace cache
