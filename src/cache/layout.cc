#include "cache/layout.h"

#include <algorithm>
#include <bit>

namespace cache {

namespace {

constexpr size_t kPage = 4096;
constexpr uint32_t kMostShards = 16;
constexpr uint32_t kEntriesPerShard = 2048;  // fewer than that, and queues are too short to be fair

// Fetches that can be joined at one time in one shard: one for so many entries, within these.
constexpr uint32_t kEntriesPerFlight = 128;
constexpr uint32_t kLeastFlights = 16;
constexpr uint32_t kMostFlights = 1024;

size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

ZoneShape ZoneShape::of(size_t keys_size, size_t memory_size) {
  ZoneShape shape;
  keys_size = std::max(keys_size, kLeastKeys);
  // An entry, its share of the buckets (4 to 8 bytes rounded down to a power of two), ghosts and claims: 64
  // bytes.
  size_t entries = std::min<size_t>(keys_size / 64, shm::Heap::kMaxOwner - kMostShards);
  shape.shards =
      std::clamp(static_cast<uint32_t>(std::bit_floor(entries / kEntriesPerShard)), 1u, kMostShards);
  shape.entries = static_cast<uint32_t>(entries / shape.shards);
  shape.buckets = std::bit_floor(shape.entries);
  // A flight takes an entry's place.
  shape.flights = std::bit_floor(std::clamp(shape.entries / kEntriesPerFlight, kLeastFlights, kMostFlights));
  shape.entries -= shape.flights;
  shape.ghosts = std::max(shape.entries / 2, 16u);
  shape.claims = std::max(shape.entries / 8, 64u);

  size_t at = round_up(sizeof(ZoneHeader), 64);
  auto place = [&at](size_t bytes) {
    size_t here = at;
    at = round_up(at + bytes, 64);
    return here;
  };
  shape.shards_at = place(sizeof(PaddedShard) * shape.shards);
  shape.entries_at = place(sizeof(Entry) * shape.entries * shape.shards);
  shape.buckets_at = place(sizeof(uint32_t) * shape.buckets * shape.shards);
  shape.ghosts_at = place(sizeof(uint32_t) * shape.ghosts * shape.shards);
  shape.claims_at = place(sizeof(Claim) * shape.claims * shape.shards);
  shape.flights_at = place(sizeof(Flight) * shape.flights * shape.shards);
  shape.heap_at = at;
  shape.heap_size =
      std::min(round_up(std::max(memory_size, kLeastMemory), shm::Heap::kGranule), shm::Heap::kMaxBytes);
  shape.total = round_up(at + shape.heap_size, kPage);
  return shape;
}

uint32_t ZoneShape::layout() const {
  uint64_t parts[] = {shards, entries, heap_size};
  uint64_t hash = base::hash64({reinterpret_cast<const char*>(parts), sizeof parts});
  return kZoneLayout << 24 | (static_cast<uint32_t>(hash) & 0xffffff);
}

}  // namespace cache
