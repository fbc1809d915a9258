// An object's head and facts brought up to date where they lie: what a 304 changes, without its body.
#include <cstring>

#include "cache/stored_head.h"
#include "cache/zone.h"
#include "shm/crash_point.h"

namespace cache {

bool Zone::renew(const EntryRef& ref, const Facts& facts, std::string_view head) {
  if (!ref) return false;
  base::Digest digest;
  {
    Shard& shard = shards_[ref.shard];
    shm::Locked locked = shard.locked();
    Entry& entry = shard.entry(ref.number);
    bool same = entry.state == EntryState::complete && entry.generation == ref.generation &&
                entry.kind == EntryKind::object && shard.in_memory(ref.number);
    if (!same) return false;
    ObjectHead& object = shard.object(ref.number);
    if (head.size() > object.head_size) return false;
    char* text = reinterpret_cast<char*>(&object + 1) + object.key_size;
    // Who finds an object without a kind after a death knows that its head is torn, and drops it.
    entry.kind = EntryKind::unpublished;
    PC_CRASH_POINT("renew: begun");
    object.facts = facts;
    std::memcpy(text, head.data(), head.size());
    PC_CRASH_POINT("renew: head written");
    std::memset(text + head.size(), kHeadPadding, object.head_size - head.size());
    entry.kind = EntryKind::object;
    digest = entry.digest;
  }
  if (mirror_ != nullptr) mirror_->on_renewed(digest);
  return true;
}

}  // namespace cache
