// A fill that goes to the zone's disk: from its start, or when memory takes no more of it.
#include "cache/fill.h"
#include "cache/tiers.h"

namespace cache {

std::unique_ptr<DiskIntake> Fill::begin_intake() {
  Tiers& tiers = *fills_.tiers_;
  DiskWriter writer =
      tiers.begin(object_.digest, object_.key, object_.head, object_.facts, object_.body_size);
  if (!writer) return nullptr;
  return std::make_unique<DiskIntake>(tiers.shared_store(), object_.digest, std::move(writer), *this,
                                      [this](const DiskExtent& extent) { on_extent(extent); });
}

bool Fill::begin_on_disk() {
  if (fills_.tiers_ == nullptr) return false;
  writer_ = begin_writer(BodyPlace::disk);
  if (!writer_) return false;
  disk_ = begin_intake();
  if (!disk_) writer_.abandon();
  return disk_ != nullptr;
}

void Fill::on_extent(const DiskExtent& extent) {
  std::shared_ptr<Fill> keep = shared_from_this();
  Writer& list = move_ ? move_->list : writer_;
  DiskIntake& disk = move_ ? *move_->disk : *disk_;
  if (!list.append({reinterpret_cast<const char*>(&extent), sizeof extent})) disk.give_up();
  if (move_) {
    if (disk.size() == size_ && !disk.failed()) switch_to_disk();
    return;
  }
  readable_ += extent.size;
  finish_if_all_there();
  wake_readers();
}

void Fill::end_on_disk() {
  if (object_.body_size.value_or(size_) != size_) return end(State::failed);
  ended_ = true;
  source_.reset();
  disk_->flush();
  finish_if_all_there();
}

// The origin's connection has gone back; readers come to their end although the record is still to be
// written.
void Fill::finish_if_all_there() {
  if (!ended_ || readable_ != size_ || disk_->failed()) return;
  state_ = State::storing;
  writer_.set_whole();
  disk_->finish([weak = weak_from_this()](uint64_t location) {
    if (std::shared_ptr<Fill> fill = weak.lock()) fill->on_stored(location);
  });
}

void Fill::on_stored(uint64_t location) {
  bool stored = location != 0 && writer_.finish_on_disk(location);
  if (location != 0 && !stored) fills_.tiers_->drop(object_.digest);
  end(State::complete);
  wake_readers();
}

// ---- an object of unknown length that memory cannot take whole

bool Fill::begin_move() {
  if (fills_.tiers_ == nullptr || object_.body_size) return false;
  Writer list = begin_writer(BodyPlace::disk);
  // A purge from here on finds both. One that came before has not seen the list.
  Pin pin = list && writer_.is_wanted() ? writer_.pin() : Pin();
  if (!pin) return false;
  std::unique_ptr<DiskIntake> disk = begin_intake();
  if (!disk) return false;
  move_ = std::make_unique<Move>(std::move(list), std::move(pin));
  move_->disk = std::move(disk);
  move_->left = size_;
  return true;
}

bool Fill::go_on_moving(size_t& turn) {
  Move& move = *move_;
  if (!move.disk->wants_more()) return false;
  if (move.disk->failed()) {
    move_.reset();
    pass_through();
    return false;
  }
  if (move.left == 0) return false;  // on_extent() goes on
  iovec piece[1];
  move.cursor.pieces(piece, std::min<uint64_t>(move.left, kTurn));
  if (!move.disk->append({static_cast<const char*>(piece[0].iov_base), piece[0].iov_len})) return true;
  move.cursor.advance(piece[0].iov_len);
  move.left -= piece[0].iov_len;
  turn += piece[0].iov_len;
  if (move.left == 0) move.disk->flush();
  return true;
}

// All that memory has is on the disk too: from here on it is filled there. Who reads the object in memory, in
// another process, finds it broken and its flight at the other.
void Fill::switch_to_disk() {
  std::unique_ptr<Move> move = std::move(move_);
  (void)fills_.zone_.flights().move(flight_, move->list.entry());
  disk_ = std::move(move->disk);
  writer_ = std::move(move->list);
  if (flight_) fills_.wake_all();
  fills_.loop_.post(*this);
}

}  // namespace cache
