// What a zone does for the disk store beside it: objects by their places, copies to be written.
#include "cache/zone.h"
#include "shm/crash_point.h"

namespace cache {

Zone::Copy Zone::copy(const base::Digest& digest, uint64_t most_body) {
  Copy copy;
  uint32_t index = shard_of(digest);
  Shard& shard = shards_[index];
  {
    shm::Locked locked = shard.locked();
    uint32_t number = shard.find(digest);
    if (number == 0 || !shard.in_memory(number)) return copy;
    if (!shard.pin(number, process_)) return copy;
    copy.pin = Pin(this, index, number);
    const Entry& entry = shard.entry(number);
    copy.ref = {index, number, entry.generation};
    copy.kind = entry.kind;
    copy.location = entry.location;
    const ObjectHead& head = shard.object(number);
    copy.facts = head.facts;
    copy.key = key_of(head);
    copy.head.assign(reinterpret_cast<const char*>(&head + 1) + head.key_size, head.head_size);
    copy.body_size = head.body_size.load();
  }
  // Pinned and complete: its body changes no more.
  if (copy.body_size > most_body) return copy;
  copy.body.resize(static_cast<size_t>(copy.body_size));
  if (!copy_body(shard, copy.ref.number, copy.body.data())) return {};
  return copy;
}

bool Zone::set_location(const EntryRef& ref, uint64_t location) {
  Shard& shard = shards_[ref.shard];
  shm::Locked locked = shard.locked();
  Entry& entry = shard.entry(ref.number);
  if (entry.state != EntryState::complete || entry.generation != ref.generation) return false;
  entry.location = location;
  return true;
}

Zone::Location Zone::location_of(const base::Digest& digest) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  uint32_t number = shard.find(digest);
  if (number == 0) return {};
  const Entry& entry = shard.entry(number);
  return {true, shard.in_memory(number), entry.location, entry.uses};
}

void Zone::move_location(const base::Digest& digest, uint64_t from, uint64_t to) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  uint32_t number = shard.find(digest);
  if (number != 0 && shard.entry(number).location == from) shard.entry(number).location = to;
}

void Zone::count_hit(const base::Digest& digest) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  ++shard.header().hits;
}

bool Zone::replace_on_disk(const base::Digest& digest, uint64_t from, uint64_t to) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  uint32_t number = shard.find(digest);
  if (number == 0 || shard.in_memory(number) || shard.entry(number).location != from) return false;
  shard.entry(number).location = to;
  return true;
}

void Zone::forget_on_disk(const base::Digest& digest) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  uint32_t number = shard.find(digest);
  if (number != 0 && !shard.in_memory(number)) shard.discard(number);
}

void Zone::forget_location(const base::Digest& digest, uint64_t location) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  uint32_t number = shard.find(digest);
  if (number == 0 || shard.entry(number).location != location) return;
  if (!shard.in_memory(number)) {
    shard.discard(number);
  } else {
    shard.entry(number).location = 0;
  }
}

bool Zone::add_on_disk(const base::Digest& digest, uint64_t location, EntryKind kind, uint32_t now) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  return shard.find(digest) == 0 && shard.add_on_disk(digest, location, kind, now) != 0;
}

}  // namespace cache
