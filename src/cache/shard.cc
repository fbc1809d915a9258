#include "cache/shard.h"

#include <algorithm>
#include <new>

#include "base/check.h"
#include "shm/crash_point.h"

namespace cache {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// S3-FIFO, tuned on Zipf(1.0) over 100,000 objects with memory for 20,000 (LRU 0.807, this 0.834): a fiftieth
// of the memory is for what was asked for once.
constexpr uint64_t kSmallPart = 50;
// Uses that lead from the small queue to the main one.
constexpr uint8_t kPromotedAfter = 1;
// Ghosts are remembered while half as many more are evicted as the main queue holds, counted in eighths.
constexpr uint32_t kGhostEpochs = 8;
constexpr uint32_t kEpochBits = 12;
// How many entries one eviction looks at, so that a lock is never held for long.
constexpr int kMostCandidates = 4096;

}  // namespace

Shard::Shard(std::byte* memory, const ZoneShape& shape, uint32_t index, shm::Heap& heap)
    : shape_(shape),
      index_(index),
      heap_(heap),
      header_(reinterpret_cast<PaddedShard*>(memory + shape.shards_at) + index),
      entries_(reinterpret_cast<Entry*>(memory + shape.entries_at) + size_t{index} * shape.entries),
      buckets_(reinterpret_cast<uint32_t*>(memory + shape.buckets_at) + size_t{index} * shape.buckets),
      ghosts_(reinterpret_cast<uint32_t*>(memory + shape.ghosts_at) + size_t{index} * shape.ghosts),
      claims_(reinterpret_cast<Claim*>(memory + shape.claims_at) + size_t{index} * shape.claims) {}

void Shard::format() {
  new (header_) PaddedShard();
  for (uint32_t number = 1; number <= shape_.entries; ++number) {
    entry(number).chain = number < shape_.entries ? number + 1 : 0;
  }
  for (uint32_t number = 1; number <= shape_.claims; ++number) {
    claim(number).next = number < shape_.claims ? number + 1 : 0;
  }
  header_->free_entry = header_->free_claim = 1;
}

// ---- chains and queues: derived from the entries, rebuilt by recover()

uint32_t Shard::find_any(const base::Digest& digest) const {
  uint32_t number = bucket(digest);
  while (number != 0 && entry(number).digest != digest) number = entry(number).chain;
  return number;
}

uint32_t Shard::find(const base::Digest& digest) const {
  for (uint32_t number = bucket(digest); number != 0; number = entry(number).chain) {
    if (entry(number).digest == digest && entry(number).state == EntryState::complete) return number;
  }
  return 0;
}

void Shard::chain(uint32_t number) {
  uint32_t& head = bucket(entry(number).digest);
  entry(number).chain = head;
  PC_CRASH_POINT("shard: before chain");
  head = number;
}

void Shard::unchain(uint32_t number) {
  uint32_t* link = &bucket(entry(number).digest);
  while (*link != 0 && *link != number) link = &entry(*link).chain;
  if (*link == number) *link = entry(number).chain;
}

void Shard::enqueue(uint32_t number, Queue queue) {
  Entry& item = entry(number);
  ShardHeader::Ends& ends = header_->queues[queue_index(queue)];
  item.queue = queue;
  item.queue_previous = 0;
  item.queue_next = ends.newest;
  PC_CRASH_POINT("shard: before enqueue");
  (ends.newest != 0 ? entry(ends.newest).queue_previous : ends.oldest) = number;
  PC_CRASH_POINT("shard: half enqueued");
  ends.newest = number;
  ++ends.count;
  ends.bytes += footprint(number);
}

void Shard::dequeue(uint32_t number) {
  Entry& item = entry(number);
  if (item.queue == Queue::none) return;
  ShardHeader::Ends& ends = header_->queues[queue_index(item.queue)];
  (item.queue_previous != 0 ? entry(item.queue_previous).queue_next : ends.newest) = item.queue_next;
  PC_CRASH_POINT("shard: half dequeued");
  (item.queue_next != 0 ? entry(item.queue_next).queue_previous : ends.oldest) = item.queue_previous;
  item.queue = Queue::none;
  --ends.count;
  ends.bytes -= footprint(number);
}

// ---- entries

uint32_t Shard::take_entry() {
  // What is on the disk alone goes before what is in memory; what is evicted from memory may stay there.
  if (header_->free_entry == 0 && !drop_one_on_disk() && evict_one() == 0) return 0;
  if (header_->free_entry == 0 && !drop_one_on_disk()) return 0;
  uint32_t number = header_->free_entry;
  if (number == 0) return 0;
  header_->free_entry = entry(number).chain;
  entry(number).chain = 0;
  return number;
}

// The entry is in no chain and no queue, and nobody has a claim on it.
void Shard::free_entry(uint32_t number) {
  Entry& gone = entry(number);
  if (gone.extent.load(kRelaxed) != 0) heap_.release(gone.extent);
  PC_CRASH_POINT("shard: memory released");
  gone.state = EntryState::free;
  gone.kind = EntryKind::unpublished;
  PC_CRASH_POINT("shard: entry free");
  gone.chain = header_->free_entry;
  header_->free_entry = number;
}

uint32_t Shard::begin(const base::Digest& digest, shm::ProcessIndex process, uint32_t now) {
  if (header_->free_claim == 0) return 0;
  uint32_t number = take_entry();
  if (number == 0) return 0;
  PC_CRASH_POINT("shard: entry taken");
  Entry& fresh = entry(number);
  fresh.digest = digest;
  fresh.queue = Queue::none;
  fresh.kind = EntryKind::unpublished;
  fresh.uses = 0;
  fresh.claims = 0;
  fresh.last_used = now;
  fresh.location = 0;
  ++fresh.generation;
  Claim* held = add_claim(number, process);
  PC_CHECK(held != nullptr);
  held->filling = 1;
  PC_CRASH_POINT("shard: before filling");
  fresh.state = EntryState::filling;
  chain(number);
  return number;
}

bool Shard::complete(uint32_t number, shm::ProcessIndex process) {
  Entry& filled = entry(number);
  if (filled.state != EntryState::filling) {
    abandon(number, process);
    return false;
  }
  uint32_t older = find(filled.digest);
  bool was_read = filled.location != 0 && in_memory(number);
  if (was_read && (older == 0 || entry(older).location != filled.location)) {
    abandon(number, process);
    return false;
  }
  if (older != 0) discard(older);
  PC_CRASH_POINT("shard: older gone");
  bool seen_before = take_ghost(filled.digest);
  filled.state = EntryState::complete;
  PC_CRASH_POINT("shard: complete");
  enqueue(number, !in_memory(number) ? Queue::disk : seen_before ? Queue::main : Queue::small);
  ++header_->objects;
  header_->bytes += footprint(number);
  ++header_->stored;
  Claim* held = find_claim(number, process);
  if (held != nullptr) held->filling = 0;
  drop_claim_if_empty(number, process);
  return true;
}

void Shard::abandon(uint32_t number, shm::ProcessIndex process) {
  if (entry(number).state == EntryState::filling) unchain(number);
  entry(number).state = EntryState::doomed;
  PC_CRASH_POINT("shard: abandoned");
  Claim* held = find_claim(number, process);
  if (held != nullptr) held->filling = 0;
  drop_claim_if_empty(number, process);
  if (entry(number).state == EntryState::doomed && entry(number).claims == 0) free_entry(number);
}

void Shard::discard(uint32_t number) {
  Entry& gone = entry(number);
  unchain(number);
  if (gone.state == EntryState::complete) {
    PC_CRASH_POINT("shard: unchained");
    dequeue(number);
    --header_->objects;
    header_->bytes -= footprint(number);
  }
  gone.state = EntryState::doomed;
  PC_CRASH_POINT("shard: doomed");
  if (gone.claims == 0) free_entry(number);
}

// ---- claims

Claim* Shard::find_claim(uint32_t number, shm::ProcessIndex process) const {
  for (uint32_t at = entry(number).claims; at != 0; at = claim(at).next) {
    if (claim(at).process == process) return &claim(at);
  }
  return nullptr;
}

Claim* Shard::add_claim(uint32_t number, shm::ProcessIndex process) {
  uint32_t at = header_->free_claim;
  if (at == 0) return nullptr;
  Claim& added = claim(at);
  header_->free_claim = added.next;
  added.pins = 0;
  added.process = process;
  added.filling = added.waiting = 0;
  added.next = entry(number).claims;
  PC_CRASH_POINT("shard: claim written");
  added.entry.store(number, std::memory_order_release);
  PC_CRASH_POINT("shard: claim used");
  entry(number).claims = at;
  return &added;
}

void Shard::drop_claim_if_empty(uint32_t number, shm::ProcessIndex process) {
  uint32_t* link = &entry(number).claims;
  while (*link != 0 && claim(*link).process != process) link = &claim(*link).next;
  uint32_t at = *link;
  if (at == 0) return;
  Claim& held = claim(at);
  if (held.pins != 0 || held.filling != 0 || held.waiting != 0) return;
  *link = held.next;
  PC_CRASH_POINT("shard: claim unlinked");
  held.entry.store(0, std::memory_order_release);
  held.next = header_->free_claim;
  header_->free_claim = at;
}

bool Shard::pin(uint32_t number, shm::ProcessIndex process) {
  Claim* held = find_claim(number, process);
  if (held == nullptr) held = add_claim(number, process);
  if (held == nullptr) return false;
  ++held->pins;
  return true;
}

void Shard::unpin(uint32_t number, shm::ProcessIndex process) {
  Claim* held = find_claim(number, process);
  if (held == nullptr || held->pins == 0) return;
  --held->pins;
  PC_CRASH_POINT("shard: unpinned");
  drop_claim_if_empty(number, process);
  if (entry(number).state == EntryState::doomed && entry(number).claims == 0) free_entry(number);
}

// Whoever reads the object while it grows learns that it will have no end. One that is whole stays so: its
// filler died between its last byte and the index.
void Shard::mark_broken(uint32_t number) const {
  const Entry& entry_of = entry(number);
  if (entry_of.kind == EntryKind::unpublished || entry_of.extent.load(kRelaxed) == 0) return;
  uint64_t growing = kGrowing;
  object(number).footprint.compare_exchange_strong(growing, kBroken);
}

size_t Shard::release_process(shm::ProcessIndex process) {
  size_t fills = 0;
  for (uint32_t at = 1; at <= shape_.claims; ++at) {
    Claim& held = claim(at);
    uint32_t number = held.entry.load(kRelaxed);
    if (number == 0 || held.process != process) continue;
    bool filled = held.filling != 0;
    fills += filled;
    if (filled) mark_broken(number);
    PC_CRASH_POINT("shard: growing object broken");
    held.pins = held.filling = held.waiting = 0;
    PC_CRASH_POINT("shard: claim emptied");
    drop_claim_if_empty(number, process);
    // What it was filling will never be complete.
    if (filled && entry(number).state == EntryState::filling) {
      unchain(number);
      entry(number).state = EntryState::doomed;
    }
    if (entry(number).state == EntryState::doomed && entry(number).claims == 0) free_entry(number);
  }
  return fills;
}

// ---- S3-FIFO (Yang et al., SOSP 2023): a small queue for newcomers, a main one, and ghosts of those evicted
// young

void Shard::remember_ghost(const base::Digest& digest) {
  if (++header_->ghosts_in_epoch > header_->queues[1].count / kGhostEpochs) {
    header_->ghosts_in_epoch = 0;
    ++header_->ghost_epoch;
  }
  uint32_t epoch = header_->ghost_epoch & ((1u << kEpochBits) - 1);
  ghosts_[digest.high % shape_.ghosts] = static_cast<uint32_t>(digest.high >> 44) << kEpochBits | epoch;
}

bool Shard::take_ghost(const base::Digest& digest) {
  uint32_t& ghost = ghosts_[digest.high % shape_.ghosts];
  uint32_t mask = (1u << kEpochBits) - 1;
  if (ghost == 0 || ghost >> kEpochBits != static_cast<uint32_t>(digest.high >> 44)) return false;
  uint32_t age = (header_->ghost_epoch - ghost) & mask;
  ghost = 0;
  return age <= kGhostEpochs / 2;
}

// Walks the queues' old ends, moving on what was used, until one is found that nobody needs.
uint32_t Shard::victim() {
  ShardHeader::Ends& small = header_->queues[0];
  ShardHeader::Ends& main = header_->queues[1];
  for (int tries = 0; tries < kMostCandidates; ++tries) {
    bool from_small =
        small.oldest != 0 && (main.oldest == 0 || small.bytes > (small.bytes + main.bytes) / kSmallPart);
    uint32_t number = from_small ? small.oldest : main.oldest;
    if (number == 0) return 0;
    Entry& candidate = entry(number);
    bool pinned = candidate.claims != 0;
    if (from_small && candidate.uses < kPromotedAfter && !pinned) {
      remember_ghost(candidate.digest);
      return number;
    }
    if (!from_small && candidate.uses == 0 && !pinned) return number;
    dequeue(number);
    candidate.uses = from_small || candidate.uses == 0 ? 0 : static_cast<uint8_t>(candidate.uses - 1);
    PC_CRASH_POINT("shard: between queues");
    enqueue(number, Queue::main);
  }
  return 0;
}

size_t Shard::evict_one() {
  uint32_t number = victim();
  if (number == 0) return 0;
  size_t bytes = footprint(number);
  ++header_->evicted;
  Entry& evicted = entry(number);
  if (evicted.location == 0) {
    discard(number);
    return bytes;
  }
  dequeue(number);
  header_->bytes -= bytes;
  heap_.release(evicted.extent);
  PC_CRASH_POINT("shard: on disk only");
  evicted.uses = 0;
  enqueue(number, Queue::disk);
  return bytes;
}

// ---- on the disk only: first in, first out, with another round for what was used

bool Shard::drop_one_on_disk() {
  constexpr int kMostRounds = 64;
  ShardHeader::Ends& disk = header_->queues[2];
  for (int tries = 0; tries < kMostRounds && disk.oldest != 0; ++tries) {
    uint32_t number = disk.oldest;
    Entry& oldest = entry(number);
    if (oldest.uses == 0 && oldest.claims == 0) {
      disk.dropped = 1;
      discard(number);
      return true;
    }
    dequeue(number);
    oldest.uses = 0;
    enqueue(number, Queue::disk);
  }
  return false;
}

uint32_t Shard::add_on_disk(const base::Digest& digest, uint64_t location, EntryKind kind, uint32_t now) {
  uint32_t number = header_->free_entry;
  if (number == 0) return 0;
  header_->free_entry = entry(number).chain;
  Entry& fresh = entry(number);
  fresh.digest = digest;
  fresh.queue = Queue::none;
  fresh.kind = kind;
  fresh.uses = 0;
  fresh.claims = 0;
  fresh.last_used = now;
  fresh.location = location;
  ++fresh.generation;
  PC_CRASH_POINT("shard: before on disk");
  fresh.state = EntryState::complete;
  chain(number);
  enqueue(number, Queue::disk);
  ++header_->objects;
  return number;
}

}  // namespace cache
