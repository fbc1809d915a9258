#include "cache/zone.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/text.h"

namespace cache {

namespace {

// Lists of field names a marker remembers: a site that answers with more different Vary values gets misses.
constexpr size_t kMostLists = 4;

std::byte* shape_checked(const shm::Mapping& mapping, const ZoneShape& shape) {
  PC_CHECK(mapping.size() >= shape.total);
  return mapping.memory();
}

}  // namespace

void Zone::format(std::byte* memory, const ZoneShape& shape, uint64_t seed) {
  ZoneHeader* header = new (memory) ZoneHeader();
  header->seed = seed;
  header->heap_at = shape.heap_at;
  header->heap_size = shape.heap_size;
  header->shards = shape.shards;
  header->entries = shape.entries;
  header->buckets = shape.buckets;
  header->ghosts = shape.ghosts;
  header->claims = shape.claims;
  header->salt.store(base::random_seed());
  shm::Heap::format(memory + shape.heap_at, shape.heap_size);
  shm::Heap heap(memory + shape.heap_at, shape.heap_size);
  for (uint32_t i = 0; i < shape.shards; ++i) Shard(memory, shape, i, heap).format();
}

Zone::Zone(shm::Mapping mapping, const ZoneShape& shape, shm::ProcessIndex process, uint32_t inactive)
    : mapping_(std::move(mapping)),
      shape_(shape),
      process_(process),
      inactive_(inactive),
      heap_(shape_checked(mapping_, shape) + shape.heap_at, shape.heap_size),
      flights_(mapping_.memory(), shape, shards_, process) {
  shards_.reserve(shape.shards);
  for (uint32_t i = 0; i < shape.shards; ++i) shards_.emplace_back(mapping_.memory(), shape, i, heap_);
}

bool Zone::copy_body(Shard& shard, uint32_t number, char* out) const {
  const ObjectHead& head = shard.object(number);
  uint64_t left = head.body_size.load(std::memory_order_acquire);
  size_t skip = head.body_at;
  for (shm::Offset extent = shard.entry(number).extent.load(std::memory_order_acquire); left > 0;
       extent = heap_.next(extent).load(std::memory_order_acquire)) {
    if (extent == 0) return false;
    size_t take = std::min<uint64_t>(left, heap_.payload_size(extent) - skip);
    std::memcpy(out, heap_.payload(extent) + skip, take);
    out += take;
    left -= take;
    skip = 0;
  }
  return true;
}

Found Zone::find(const base::Digest& digest, std::string_view key, uint32_t now, base::Arena& arena) {
  Found found;
  uint32_t index = shard_of(digest);
  Shard& shard = shards_[index];
  shm::Locked locked = shard.locked();
  uint32_t number = shard.find(digest);
  if (number == 0) return found;
  Entry& entry = shard.entry(number);
  if (!shard.in_memory(number)) {
    bool unused = inactive_ != 0 && int64_t{now} - entry.last_used > int64_t{inactive_};
    found.location = unused ? 0 : entry.location;
    found.uses = entry.uses;
    shard.touch(number, now);
    return found;
  }
  ObjectHead& head = shard.object(number);
  if (key_of(head) != key) return found;
  if (inactive_ != 0 && int64_t{now} - entry.last_used > int64_t{inactive_}) {
    if (entry.location != 0) shard.header().queues[2].dropped = 1;
    shard.discard(number);
    return found;
  }
  shard.touch(number, now);
  found.body_size = head.body_size.load(std::memory_order_acquire);
  const char* stored_head = reinterpret_cast<const char*>(&head + 1) + head.key_size;
  if (found.body_size > kCopiedBody) {
    if (!shard.pin(number, process_)) return found;
    found.pin = Pin(this, index, number);
    found.head = arena.copy({stored_head, head.head_size});
  } else {
    // Head and body in one piece of the arena.
    size_t body_size = static_cast<size_t>(found.body_size);
    char* place = arena.chars(head.head_size + body_size);
    std::memcpy(place, stored_head, head.head_size);
    if (!copy_body(shard, number, place + head.head_size)) return found;
    found.head = {place, head.head_size};
    found.body = {place + head.head_size, body_size};
  }
  found.facts = head.facts;
  found.kind = entry.kind;
  found.ref = {index, number, entry.generation};
  if (entry.kind == EntryKind::object) ++shard.header().hits;
  return found;
}

FoundGrowing Zone::find_growing(const base::Digest& digest, std::string_view key, base::Arena& arena) {
  FoundGrowing found;
  uint32_t index = shard_of(digest);
  Shard& shard = shards_[index];
  shm::Locked locked = shard.locked();
  uint32_t number = flights_.growing(index, digest, found.flight);
  if (number == 0 || number > shard.capacity()) return found;
  Entry& entry = shard.entry(number);
  if (entry.state != EntryState::filling || entry.kind != EntryKind::object || entry.digest != digest) {
    return found;
  }
  ObjectHead& head = shard.object(number);
  if (key_of(head) != key || !shard.pin(number, process_)) return found;
  found.pin = Pin(this, index, number);
  found.facts = head.facts;
  found.head = arena.copy({reinterpret_cast<const char*>(&head + 1) + head.key_size, head.head_size});
  if (head.expected_size != UINT64_MAX) found.body_size = head.expected_size;
  found.place = head.place;
  found.digest = digest;
  return found;
}

FoundGrowing Zone::find_growing(const FlightRef& flight) {
  FoundGrowing found;
  if (!flight) return found;
  Shard& shard = shards_[flight.shard];
  shm::Locked locked = shard.locked();
  uint32_t number = flights_.growing(flight);
  if (number == 0 || number > shard.capacity()) return found;
  const Entry& entry = shard.entry(number);
  if (entry.state != EntryState::filling || entry.kind != EntryKind::object) return found;
  if (!shard.pin(number, process_)) return found;
  found.pin = Pin(this, flight.shard, number);
  found.flight = flight;
  found.digest = entry.digest;
  found.place = shard.object(number).place;
  return found;
}

void Zone::count_miss(const base::Digest& digest, bool found) {
  Shard& shard = shards_[shard_of(digest)];
  shm::Locked locked = shard.locked();
  ++shard.header().misses;
  // A variant was counted in its own shard: only the sum of all shards means something.
  if (found) --shard.header().hits;
}

bool Zone::purge(const base::Digest& digest) {
  Shard& shard = shards_[shard_of(digest)];
  bool found = false, known = false;
  {
    shm::Locked locked = shard.locked();
    known = shard.header().queues[2].dropped != 0;
    flights_.detach(shard_of(digest), digest, Detached::purged);
    for (uint32_t number = shard.find_any(digest); number != 0; number = shard.find_any(digest)) {
      known = true;  // the record of one that is being filled may be on its way to the disk
      found |= shard.entry(number).state == EntryState::complete;
      shard.discard(number);
    }
  }
  if (mirror_ != nullptr) mirror_->on_purged(digest, found || known);
  return found;
}

uint64_t Zone::store_marker(const base::Digest& digest, std::string_view key, std::string_view list,
                            uint32_t now, base::Arena& arena) {
  std::string text;
  Found old = find(digest, key, now, arena);
  uint64_t salt = 0;
  if (old.kind == EntryKind::marker && old.head.size() >= sizeof salt) {
    std::memcpy(&salt, old.head.data(), sizeof salt);
    std::string_view lists = old.head.substr(sizeof salt);
    if (lists.substr(0, lists.find('\n')) == list) return salt;
    size_t count = 1;
    base::split(lists, '\n', [&](std::string_view item) {
      if (item != list && count++ < kMostLists) text.append("\n").append(item);
    });
  } else {
    salt = header().salt.fetch_add(1) + 1;
  }
  text.insert(0, list);
  text.insert(0, reinterpret_cast<const char*>(&salt), sizeof salt);

  Writer::Object marker;
  marker.digest = digest;
  marker.key = key;
  marker.head = text;
  marker.kind = EntryKind::marker;
  marker.body_size = 0;
  Writer writer = Writer::begin(*this, marker, now);
  return writer && writer.finish() ? salt : 0;
}

bool Zone::evict() {
  uint32_t start = header().victim.fetch_add(1, std::memory_order_relaxed);
  for (uint32_t i = 0; i < shape_.shards; ++i) {
    Shard& shard = shards_[(start + i) & (shape_.shards - 1)];
    shm::Locked locked = shard.locked();
    if (shard.evict_one() != 0) return true;
  }
  return false;
}

void Zone::release_process(shm::ProcessIndex process) {
  for (uint32_t index = 0; index < shards_.size(); ++index) {
    Shard& shard = shards_[index];
    shm::Locked locked = shard.locked();
    // A filler takes memory without the shard's lock: some may hang on nothing yet.
    if (shard.release_process(process) > 0) shard.recover();
    // After the objects: who sees that a flight has ended sees how its object did.
    flights_.release_process(index, process);
  }
}

size_t Zone::remove_unused(uint32_t before, size_t budget) {
  constexpr size_t kAtOnce = 256;  // entries looked at under one lock
  size_t removed = 0;
  while (budget > 0) {
    Shard& shard = shards_[sweep_shard_];
    {
      shm::Locked locked = shard.locked();
      for (size_t i = 0; i < kAtOnce && budget > 0 && sweep_entry_ < shard.capacity(); ++i, --budget) {
        Entry& entry = shard.entry(++sweep_entry_);
        if (entry.state != EntryState::complete || entry.last_used >= before) continue;
        if (entry.location != 0) shard.header().queues[2].dropped = 1;
        shard.discard(sweep_entry_);
        ++removed;
      }
    }
    if (sweep_entry_ < shard.capacity()) continue;
    sweep_entry_ = 0;
    sweep_shard_ = (sweep_shard_ + 1) & (shape_.shards - 1);
    if (sweep_shard_ == 0) break;
  }
  return removed;
}

void Zone::each(const std::function<void(const Listed&)>& visit) {
  for (Shard& shard : shards_) {
    shm::Locked locked = shard.locked();
    for (uint32_t number = 1; number <= shard.capacity(); ++number) {
      const Entry& entry = shard.entry(number);
      if (entry.state != EntryState::complete) continue;
      if (!shard.in_memory(number)) {
        visit({{}, {}, 0, 0, entry.last_used, entry.kind, entry.digest, entry.location});
        continue;
      }
      const ObjectHead& head = shard.object(number);
      visit({key_of(head), head.facts, head.body_size.load(), head.footprint, entry.last_used, entry.kind,
             entry.digest, entry.location});
    }
  }
}

ZoneTotals Zone::totals() {
  ZoneTotals totals;
  for (Shard& shard : shards_) {
    shm::Locked locked = shard.locked();
    const ShardHeader& here = shard.header();
    totals.objects += here.objects;
    totals.bytes += here.bytes;
    totals.hits += here.hits;
    totals.misses += here.misses;
    totals.stored += here.stored;
    totals.evicted += here.evicted;
    totals.recoveries += here.recoveries;
  }
  totals.memory_used = heap_.used();
  totals.memory_size = heap_.capacity();
  totals.entries_size = uint64_t{shape_.entries} * shape_.shards;
  return totals;
}

std::string Zone::check() {
  for (Shard& shard : shards_) {
    shm::Locked locked = shard.locked();
    std::string wrong = shard.check();
    if (!wrong.empty()) return wrong;
  }
  return heap_.check();
}

}  // namespace cache
