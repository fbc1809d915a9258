// Looking at everything in a zone, a part at a time, so that no lock is held for long.
#include "cache/zone.h"

namespace cache {

bool Zone::walk(WalkPlace& place, size_t budget, const std::function<void(const Walked&)>& visit) {
  if (place.shard >= shape_.shards) return false;
  Shard& shard = shards_[place.shard];
  shm::Locked locked = shard.locked();
  for (; budget > 0 && place.entry < shard.capacity(); --budget) {
    uint32_t number = ++place.entry;
    const Entry& entry = shard.entry(number);
    if (entry.state != EntryState::complete) continue;
    if (!shard.in_memory(number)) {
      visit({entry.digest, {}, {}, {}, 0, 0, entry.last_used, entry.kind, entry.location, false});
      continue;
    }
    const ObjectHead& head = shard.object(number);
    const char* stored = reinterpret_cast<const char*>(&head + 1) + head.key_size;
    visit({entry.digest,
           key_of(head),
           {stored, head.head_size},
           head.facts,
           head.body_size.load(),
           head.footprint,
           entry.last_used,
           entry.kind,
           entry.location,
           true});
  }
  if (place.entry < shard.capacity()) return true;
  place.entry = 0;
  return ++place.shard < shape_.shards;
}

EntryKind Zone::kind_of(const base::Digest& digest) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  uint32_t number = shard.find(digest);
  return number == 0 ? EntryKind::unpublished : shard.entry(number).kind;
}

}  // namespace cache
