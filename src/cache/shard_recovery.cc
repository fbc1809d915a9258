// What a shard does when a process died with its lock, and how it is checked. Entries and claims are the
// truth; all else is derived from them. The order of the queues is kept as far as their links are whole.
#include <fmt/format.h>

#include "cache/shard.h"

namespace cache {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

void Shard::recover() {
  ++header_->recoveries;
  recover_claims();
  recover_entries();
  recover_heap();
}

void Shard::recover_claims() {
  for (uint32_t number = 1; number <= shape_.entries; ++number) entry(number).claims = 0;
  header_->free_claim = 0;
  for (uint32_t at = shape_.claims; at >= 1; --at) {
    Claim& held = claim(at);
    uint32_t number = held.entry.load(kRelaxed);
    bool in_use = number != 0 && number <= shape_.entries && entry(number).state != EntryState::free &&
                  (held.pins != 0 || held.filling != 0 || held.waiting != 0);
    uint32_t& list = in_use ? entry(number).claims : header_->free_claim;
    if (!in_use) held.entry.store(0, kRelaxed);
    held.next = list;
    list = at;
  }
}

// Sound: its first extent is there and holds what its head says, or it is on the disk only.
bool Shard::is_sound(uint32_t number) const {
  const Entry& item = entry(number);
  shm::Offset first = item.extent.load(kRelaxed);
  if (first == 0) return item.location != 0;
  if (item.kind == EntryKind::unpublished) return false;  // Zone::renew() was under way
  if (size_t{first} * shm::Heap::kGranule >= shape_.heap_size) return false;
  const ObjectHead& head = object(number);
  size_t needed = sizeof(ObjectHead) + size_t{head.key_size} + head.head_size;
  return needed <= head.body_at && head.body_at <= heap_.payload_size(first);
}

void Shard::recover_entries() {
  // The order of use, oldest first, before the links are written anew.
  std::fill_n(buckets_, shape_.buckets, 0);
  ShardHeader::Ends old[3] = {header_->queues[0], header_->queues[1], header_->queues[2]};
  for (ShardHeader::Ends& ends : header_->queues) ends = {};
  header_->queues[2].dropped = 1;
  header_->free_entry = 0;
  header_->objects = 0;
  header_->bytes = 0;
  for (uint32_t number = shape_.entries; number >= 1; --number) {
    Entry& item = entry(number);
    item.uses &= 0x7f;  // "seen" of a recovery that was killed
    bool filling = false;
    for (uint32_t at = item.claims; at != 0; at = claim(at).next) filling |= claim(at).filling != 0;
    if (item.state == EntryState::filling && !filling) {
      mark_broken(number);
      item.state = EntryState::doomed;
    }
    if (item.state == EntryState::complete && !is_sound(number)) item.state = EntryState::doomed;
    if (item.state == EntryState::doomed && item.claims == 0) item.state = EntryState::free;
    if (item.state == EntryState::free) {
      item.extent.store(0, kRelaxed);  // its memory hangs on no chain now: recover_heap() frees it
      item.kind = EntryKind::unpublished;
      item.queue = Queue::none;
      item.chain = header_->free_entry;
      header_->free_entry = number;
    } else if (item.state == EntryState::filling) {
      chain(number);
    } else if (item.state == EntryState::complete) {
      // Of two with one digest (the older was about to go) the later used one stays: it hides the other.
      chain(number);
      ++header_->objects;
      header_->bytes += footprint(number);
      if (!in_memory(number)) item.queue = Queue::disk;
      if (in_memory(number) && (item.queue == Queue::none || item.queue == Queue::disk)) {
        item.queue = Queue::main;
      }
    }
  }
  // Follow the old links from the newest on as far as they agree; what they miss comes in as oldest.
  for (Queue queue : {Queue::small, Queue::main, Queue::disk}) {
    ShardHeader::Ends& ends = header_->queues[queue_index(queue)];
    uint32_t before = 0;
    uint32_t limit = shape_.entries;
    for (uint32_t number = old[queue_index(queue)].newest;
         number != 0 && number <= shape_.entries && limit > 0; --limit) {
      Entry& item = entry(number);
      if (item.state != EntryState::complete || item.queue != queue || item.queue_previous != before) break;
      (before != 0 ? entry(before).queue_next : ends.newest) = number;
      ends.oldest = before = number;
      ++ends.count;
      ends.bytes += footprint(number);
      item.uses |= 0x80;  // seen
      number = item.queue_next;
    }
    if (before != 0) entry(before).queue_next = 0;
  }
  for (uint32_t number = 1; number <= shape_.entries; ++number) {
    Entry& item = entry(number);
    bool seen = (item.uses & 0x80) != 0;
    item.uses = static_cast<uint8_t>(std::min(item.uses & 0x7f, 3));
    if (item.state != EntryState::complete) {
      item.queue = Queue::none;
      continue;
    }
    if (seen) continue;
    ShardHeader::Ends& ends = header_->queues[queue_index(item.queue)];
    item.queue_next = 0;
    item.queue_previous = ends.oldest;
    (ends.oldest != 0 ? entry(ends.oldest).queue_next : ends.newest) = number;
    ends.oldest = number;
    ++ends.count;
    ends.bytes += footprint(number);
  }
}

void Shard::recover_heap() {
  shm::Heap::Sweep sweep(heap_);
  for (uint32_t number = 1; number <= shape_.entries; ++number) {
    shm::Offset extent = entry(number).extent.load(std::memory_order_acquire);
    while (extent != 0 && sweep.mark(extent, owner(number))) {
      extent = heap_.next(extent).load(std::memory_order_acquire);
    }
  }
  sweep.free_unmarked(owner(1), owner(shape_.entries));
}

std::string Shard::check() const {
  uint64_t objects = 0, bytes = 0, free_entries = 0, queued = 0;
  for (uint32_t number = 1; number <= shape_.entries; ++number) {
    const Entry& item = entry(number);
    if (item.state == EntryState::free) {
      ++free_entries;
      if (item.extent.load() != 0) return fmt::format("free entry {} has memory", number);
      continue;
    }
    if (item.state == EntryState::doomed && item.claims == 0)
      return fmt::format("doomed entry {} has no claim", number);
    bool chained = false;
    for (uint32_t at = bucket(item.digest); at != 0 && !chained; at = entry(at).chain) chained = at == number;
    if (chained == (item.state == EntryState::doomed))
      return fmt::format("entry {} is chained wrongly", number);
    if (item.state != EntryState::complete) continue;
    if (!is_sound(number)) return fmt::format("entry {} is not sound", number);
    if (item.queue == Queue::none) return fmt::format("entry {} is in no queue", number);
    if ((item.queue == Queue::disk) == in_memory(number))
      return fmt::format("entry {} is in a wrong queue", number);
    ++objects;
    bytes += footprint(number);
  }
  uint64_t listed = 0;
  for (uint32_t number = header_->free_entry; number != 0 && listed <= free_entries;
       number = entry(number).chain) {
    if (entry(number).state != EntryState::free) return fmt::format("entry {} is listed as free", number);
    ++listed;
  }
  if (listed != free_entries) return fmt::format("{} free entries, {} listed", free_entries, listed);
  for (const ShardHeader::Ends& ends : header_->queues) {
    uint32_t before = 0, count = 0;
    for (uint32_t number = ends.newest; number != 0 && count <= ends.count;
         number = entry(number).queue_next) {
      if (entry(number).queue_previous != before)
        return fmt::format("entry {} has a wrong queue link", number);
      before = number;
      ++count;
    }
    if (count != ends.count || ends.oldest != before) return "a queue is broken";
    queued += count;
  }
  if (queued != objects) return fmt::format("{} objects, {} queued", objects, queued);
  if (header_->objects != objects || header_->bytes != bytes) return "the totals are wrong";
  uint64_t used_claims = 0, linked_claims = 0, free_claims = 0;
  for (uint32_t at = 1; at <= shape_.claims; ++at) used_claims += claim(at).entry.load(kRelaxed) != 0;
  for (uint32_t number = 1; number <= shape_.entries; ++number) {
    for (uint32_t at = entry(number).claims; at != 0; at = claim(at).next) {
      if (claim(at).entry.load(kRelaxed) != number) return fmt::format("claim {} is another entry's", at);
      if (++linked_claims > used_claims) return "claims go round";
    }
  }
  for (uint32_t at = header_->free_claim; at != 0 && free_claims <= shape_.claims; at = claim(at).next)
    ++free_claims;
  if (linked_claims != used_claims || used_claims + free_claims != shape_.claims)
    return "the claims do not add up";
  return {};
}

}  // namespace cache
