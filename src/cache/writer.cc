#include <algorithm>
#include <cstring>
#include <new>

#include "cache/stored_body.h"
#include "shm/crash_point.h"

namespace cache {

namespace {

constexpr uint64_t kUnknown = UINT64_MAX;
// An object up to this lies in one piece; larger ones take pieces of at least kLeastPiece where there is no
// larger.
constexpr size_t kOnePiece = 2048;
constexpr size_t kLeastPiece = 1024;
// Pieces from this size on end with a page: their pages go out without being copied.
constexpr size_t kLeastAligned = Cursor::kLeastLent;
// How much an object of unknown length takes at a time: as much again as it has, within these.
constexpr uint64_t kLeastGrowth = 4096;
constexpr uint64_t kMostGrowth = 1 << 20;

}  // namespace

Writer& Writer::operator=(Writer&& other) noexcept {
  abandon();
  zone_ = std::exchange(other.zone_, nullptr);
  shard_ = other.shard_;
  entry_ = other.entry_;
  tail_ = other.tail_;
  current_ = other.current_;
  used_ = other.used_;
  room_ = other.room_;
  footprint_ = other.footprint_;
  written_ = other.written_;
  expected_ = other.expected_;
  whole_ = other.whole_;
  return *this;
}

Writer Writer::begin(Zone& zone, const Object& object, uint32_t now) {
  Writer writer;
  size_t before_body = sizeof(ObjectHead) + object.key.size() + object.head.size();
  const bool on_disk = object.place == BodyPlace::disk;
  const bool is_sized = !on_disk && object.body_size.has_value();  // all its memory is taken at once
  const uint64_t body_size = is_sized ? *object.body_size : 0;
  if (before_body + body_size > zone.largest_object()) return writer;
  writer.shard_ = zone.shard_of(object.digest);
  Shard& shard = zone.shards_[writer.shard_];
  {
    shm::Locked locked = shard.locked();
    writer.entry_ = shard.begin(object.digest, zone.process_, now);
  }
  if (writer.entry_ == 0) return writer;
  writer.zone_ = &zone;
  writer.expected_ = is_sized ? body_size : kUnknown;

  // The entry is ours and cannot be found: it is written without a lock.
  Entry& entry = shard.entry(writer.entry_);
  uint64_t want = before_body + (is_sized ? body_size : kLeastGrowth);
  size_t least = std::max<size_t>(before_body, std::min<uint64_t>(want, kOnePiece));
  if (!writer.add_extent(least, static_cast<size_t>(want), entry.extent)) {
    writer.abandon();
    return writer;
  }
  // A large body in one piece ends where the extent does, which is where a page ends: see StoredBody.
  const size_t payload = zone.heap_.payload_size(writer.tail_);
  const bool ends_with_it = is_sized && body_size >= kLeastAligned && payload >= want;
  writer.current_ = writer.tail_;
  writer.used_ = ends_with_it ? payload - static_cast<size_t>(body_size) : before_body;
  writer.room_ -= writer.used_;
  ObjectHead* head = new (zone.heap_.payload(writer.tail_)) ObjectHead();
  head->expected_size = object.body_size.value_or(kUnknown);
  head->place = object.place;
  head->key_size = static_cast<uint32_t>(object.key.size());
  head->head_size = static_cast<uint32_t>(object.head.size());
  head->body_at = static_cast<uint32_t>(writer.used_);
  head->facts = object.facts;
  char* text = reinterpret_cast<char*>(head + 1);
  std::memcpy(text, object.key.data(), object.key.size());
  std::memcpy(text + object.key.size(), object.head.data(), object.head.size());
  PC_CRASH_POINT("writer: head written");
  entry.kind = object.kind;
  entry.location = object.location;
  if (is_sized && !writer.reserve(body_size)) writer.abandon();
  return writer;
}

// Makes room, giving up what is least useful, until there is a piece of at least `least` bytes.
bool Writer::add_extent(size_t least, size_t want, std::atomic<shm::Offset>& link) {
  shm::Owner owner = zone_->shards_[shard_].owner(entry_);
  const bool to_page_end = want >= kLeastAligned;
  shm::Offset extent = zone_->heap_.allocate(least, want, owner, link, to_page_end);
  while (extent == 0) {
    if (!zone_->evict()) return false;
    extent = zone_->heap_.allocate(least, want, owner, link, to_page_end);
  }
  tail_ = extent;
  room_ += zone_->heap_.payload_size(extent);
  footprint_ += zone_->heap_.payload_size(extent) + shm::Heap::kExtentHeader;
  return footprint_ <= zone_->largest_object() + kOnePiece;
}

bool Writer::reserve(uint64_t bytes) {
  while (room_ < bytes) {
    uint64_t want = bytes - room_;
    if (expected_ == kUnknown) want = std::max(want, std::clamp(written_, kLeastGrowth, kMostGrowth));
    size_t least = static_cast<size_t>(std::min<uint64_t>(bytes - room_, kLeastPiece));
    if (!add_extent(least, static_cast<size_t>(want), zone_->heap_.next(tail_))) return false;
  }
  return true;
}

bool Writer::append(std::string_view bytes) {
  if (expected_ != kUnknown && bytes.size() > expected_ - written_) return false;
  if (!reserve(bytes.size())) return false;
  room_ -= bytes.size();
  written_ += bytes.size();
  while (!bytes.empty()) {
    size_t space = zone_->heap_.payload_size(current_) - used_;
    if (space == 0) {
      current_ = zone_->heap_.next(current_).load(std::memory_order_relaxed);
      used_ = 0;
      continue;
    }
    size_t take = std::min(space, bytes.size());
    std::memcpy(zone_->heap_.payload(current_) + used_, bytes.data(), take);
    used_ += take;
    bytes.remove_prefix(take);
  }
  PC_CRASH_POINT("writer: bytes written");
  zone_->shards_[shard_].object(entry_).body_size.store(written_, std::memory_order_release);
  return true;
}

bool Writer::finish() {
  if (zone_ == nullptr) return false;
  if (expected_ != kUnknown && written_ != expected_) {
    abandon();
    return false;
  }
  Zone& zone = *std::exchange(zone_, nullptr);
  Shard& shard = zone.shards_[shard_];
  // What was taken in advance goes back. Pieces behind the last written byte exist only when the end came
  // exactly at a piece's end; they stay with the object.
  if (current_ == tail_) {
    footprint_ -= zone.heap_.payload_size(tail_);
    zone.heap_.shrink(tail_, used_);
    footprint_ += zone.heap_.payload_size(tail_);
  }
  // From here on the object is whole for those who read it already.
  shard.object(entry_).footprint.store(footprint_, std::memory_order_release);
  PC_CRASH_POINT("writer: before complete");
  bool complete = false, replaced = false, read = false;
  base::Digest digest;
  {
    shm::Locked locked = shard.locked();
    const Entry& entry = shard.entry(entry_);
    digest = entry.digest;
    read = entry.location != 0;
    if (uint32_t older = shard.find(digest); older != 0) replaced = shard.entry(older).location != 0;
    complete = shard.complete(entry_, zone.process_);
  }
  if (complete && !read && zone.mirror_ != nullptr) zone.mirror_->on_stored(digest, replaced);
  return complete;
}

void Writer::set_whole() {
  whole_ = true;
  zone_->shards_[shard_].object(entry_).footprint.store(footprint_, std::memory_order_release);
}

bool Writer::finish_on_disk(uint64_t location) {
  if (zone_ == nullptr) return false;
  Zone& zone = *std::exchange(zone_, nullptr);
  Shard& shard = zone.shards_[shard_];
  shm::Locked locked = shard.locked();
  const Entry& list = shard.entry(entry_);
  bool wanted = list.state == EntryState::filling;
  uint32_t number = wanted ? shard.begin(list.digest, zone.process_, list.last_used) : 0;
  if (number != 0) {
    shard.entry(number).location = location;
    shard.entry(number).kind = list.kind;
  }
  shard.abandon(entry_, zone.process_);
  if (number == 0) shard.header().queues[2].dropped = 1;
  return number != 0 && shard.complete(number, zone.process_);
}

void Writer::abandon() {
  if (zone_ == nullptr) return;
  Zone& zone = *std::exchange(zone_, nullptr);
  Shard& shard = zone.shards_[shard_];
  // Its head is written as soon as there is a current extent; readers in other processes look there.
  if (current_ != 0 && !whole_) shard.object(entry_).footprint.store(kBroken, std::memory_order_release);
  PC_CRASH_POINT("writer: broken");
  shm::Locked locked = shard.locked();
  shard.abandon(entry_, zone.process_);
}

bool Writer::is_wanted() const {
  Shard& shard = zone_->shards_[shard_];
  shm::Locked locked = shard.locked();
  return shard.entry(entry_).state == EntryState::filling;
}

Pin Writer::pin() {
  Shard& shard = zone_->shards_[shard_];
  shm::Locked locked = shard.locked();
  return shard.pin(entry_, zone_->process_) ? Pin(zone_, shard_, entry_) : Pin();
}

}  // namespace cache
