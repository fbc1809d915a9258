// What lies in a zone's shared memory. Plain structures addressed by numbers and offsets; who may change what
// under which lock is said at each. No process follows anything here without a bound check or the lock that
// guards it.
//
//   ZoneHeader | ShardHeader… | Entry… | buckets… | ghosts… | Claim… | Flight… | heap
//
// Shards split entries, buckets, ghosts, claims and flights evenly; a number is local to its shard and starts
// at 1 (0: none).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/hash.h"
#include "cache/freshness.h"
#include "shm/heap.h"
#include "shm/robust_lock.h"

namespace cache {

/// Goes up with every change below, in stored_head.h, or in http::Name.
inline constexpr uint32_t kZoneLayout = 4;

enum class EntryState : uint8_t {
  free,
  filling,   ///< one process writes it (its claim says which); complete only when that one says so
  complete,  ///< in a bucket and a queue; in memory, on a disk (then without an extent), or both
  doomed,    ///< replaced or purged, in no bucket: freed with its last claim
};

enum class EntryKind : uint8_t {
  unpublished,  ///< its object is not written yet
  object,       ///< a response
  marker,       ///< responses of this key vary: lists of field names instead of a response
};

enum class Queue : uint8_t {
  none,
  small,
  main,
  disk,  ///< without memory
};

/// One stored response in the index. Guarded by its shard's lock.
struct Entry {
  base::Digest digest;
  uint32_t chain;                   // next in the bucket, or in the list of free entries
  uint32_t queue_next;              // towards the older
  uint32_t queue_previous;          // towards the newer
  std::atomic<shm::Offset> extent;  // the object's first; guarded by the heap's lock while it is linked
  uint32_t claims;                  // first claim
  uint32_t generation;              // how often this entry was used
  uint32_t last_used;               // seconds since 1970
  EntryState state;
  EntryKind kind;
  Queue queue;
  uint8_t uses;       // S3-FIFO: at most 3
  uint64_t location;  // where a disk store has it; 0: nowhere
};
static_assert(sizeof(Entry) == 56);

/// What one process holds of one object: releasing a dead process is undoing its claims. Guarded by the
/// shard's lock.
struct Claim {
  std::atomic<uint32_t> entry;  // 0: this claim is free
  uint32_t pins;                // readers: the object stays where it is
  uint16_t process;
  uint8_t filling;  // this process writes the object
  uint8_t waiting;  // this process wants to be woken when the object grows
  uint32_t next;    // of the same entry; or in the list of free claims
};
static_assert(sizeof(Claim) == 16);

/// One fetch that others may join, from before the response head to the end of the body; or, after a response
/// that could not be stored, that this key need not wait for one. `word` is written last and says what the
/// rest means. Everything but `waiting` is changed under the shard's lock (see flights.h).
struct alignas(64) Flight {
  std::atomic<uint64_t> word;     // sequence, state, how it ended, whether it was detached
  std::atomic<uint64_t> waiting;  // who is told of the next change: bit `process index modulo 64`
  base::Digest digest;            // of what is fetched; zero when nobody may join any more
  int64_t time;      // milliseconds, monotonic: when the fetch began; until when it is remembered
  uint32_t entry;    // growing: the object
  uint16_t process;  // whose fetch it is
  uint16_t reserved;
};
static_assert(sizeof(Flight) == 64);

/// What is known of a stored response without reading its fields.
struct Facts {
  Freshness freshness;
  uint32_t stale_while_revalidate = 0;
  uint32_t stale_if_error = 0;
  uint16_t status = 0;
  uint8_t flags = 0;  // UseFlags
  uint8_t mark_high = 0;
  uint32_t mark_low = 0;

  /// What PurgeOrders::mark() said before the fetch began: purges that came later cover it.
  uint64_t mark() const { return uint64_t{mark_high} << 32 | mark_low; }
  void set_mark(uint64_t mark) {
    mark_high = static_cast<uint8_t>(mark >> 32);
    mark_low = static_cast<uint32_t>(mark);
  }
};

enum class BodyPlace : uint8_t {
  memory,
  disk,  ///< while it grows: behind the head come the DiskExtents that are written, body_size counts their
         ///< bytes
};

/// At the start of an object's first extent; key and stored head follow it in the same extent, then, at
/// `body_at`, the body, which goes on through the chain. Written by the filler; after completion only by
/// Zone::renew(), with the lock.
struct ObjectHead {
  std::atomic<uint64_t> body_size;  // bytes of body that can be read: grows while it is filled
  uint64_t expected_size;           // UINT64_MAX: unknown until it is complete
  std::atomic<uint64_t> footprint;  // bytes of memory it occupies, all told; kGrowing, kBroken
  uint32_t key_size;
  uint32_t head_size;
  Facts facts;
  uint32_t body_at;  // in the first extent's payload
  BodyPlace place;
};

static_assert(sizeof(ObjectHead) == 88);

/// Footprints of an object that has no end yet, and of one that will never have one (its filler gave up or
/// died).
inline constexpr uint64_t kGrowing = 0;
inline constexpr uint64_t kBroken = UINT64_MAX;

struct ShardHeader {
  shm::RobustLock lock;
  uint32_t free_entry;
  uint32_t free_claim;
  struct Ends {
    uint32_t newest;
    uint32_t oldest;
    uint32_t count;
    uint32_t dropped;  // disk: some went that the store has still
    uint64_t bytes;
  } queues[3];  // small, main, disk
  uint32_t ghost_epoch;
  uint32_t ghosts_in_epoch;
  // Totals since the zone was made; objects and bytes are what is there now.
  uint64_t objects;
  uint64_t bytes;
  uint64_t hits;
  uint64_t misses;
  uint64_t stored;
  uint64_t evicted;
  uint64_t recoveries;
};

struct alignas(64) PaddedShard : ShardHeader {};

struct ZoneHeader {
  uint64_t seed;  // of every digest in this zone
  uint64_t heap_at;
  uint64_t heap_size;
  uint32_t shards;
  uint32_t entries;  // each of these four: in one shard
  uint32_t buckets;  // a power of two
  uint32_t ghosts;
  uint32_t claims;
  std::atomic<uint32_t> victim;  // which shard gives up memory next
  std::atomic<uint64_t> salt;    // the last marker's
  std::atomic<uint64_t> mount;   // of the disk store, from which locations are known; 0: none
};

/// Where everything lies, computed from two sizes alone: equal in every process and version of one layout.
struct ZoneShape {
  uint32_t shards = 1;
  uint32_t entries = 0;
  uint32_t buckets = 0;
  uint32_t ghosts = 0;
  uint32_t claims = 0;
  uint32_t flights = 0;
  size_t shards_at = 0, entries_at = 0, buckets_at = 0, ghosts_at = 0, claims_at = 0, flights_at = 0,
         heap_at = 0, heap_size = 0;
  size_t total = 0;

  /// `keys_size`: bytes for the index (keys_zone), at least kLeastKeys; `memory_size`: bytes for objects, at
  /// least kLeastMemory. The whole is at most their sum, rounded up to pages.
  static ZoneShape of(size_t keys_size, size_t memory_size);
  /// The layout version of a segment of this shape: two shapes of one size never share memory.
  uint32_t layout() const;
};
inline constexpr size_t kLeastKeys = 32 * 1024;
inline constexpr size_t kLeastMemory = 64 * 1024;

}  // namespace cache
