// One shard of a zone's index: entries in hash chains, S3-FIFO queues, claims. A view over shared memory made
// anew in each process; every function but locked() needs the shard's lock. Takes the heap's lock inside.
#pragma once

#include <span>

#include "cache/layout.h"
#include "shm/heap.h"
#include "shm/process_table.h"

namespace cache {

class Shard {
 public:
  Shard(std::byte* memory, const ZoneShape& shape, uint32_t index, shm::Heap& heap);

  /// Writes an empty shard into zeroed memory.
  void format();
  /// Holds the lock for a scope; recovers first when its last holder died.
  shm::Locked locked() {
    return shm::Locked(header().lock, [this] { recover(); });
  }

  ShardHeader& header() const { return *header_; }
  Entry& entry(uint32_t number) const { return entries_[number - 1]; }
  uint32_t capacity() const { return shape_.entries; }
  shm::Owner owner(uint32_t number) const { return index_ * shape_.entries + number; }
  /// The object of an entry whose extent is linked.
  ObjectHead& object(uint32_t number) const {
    return *reinterpret_cast<ObjectHead*>(
        heap_.payload(entry(number).extent.load(std::memory_order_acquire)));
  }

  /// Whether the object is in memory; a complete one that is not has a location.
  bool in_memory(uint32_t number) const { return entry(number).extent.load(std::memory_order_relaxed) != 0; }
  /// Bytes of memory of a complete object.
  uint64_t footprint(uint32_t number) const {
    return in_memory(number) ? object(number).footprint.load(std::memory_order_relaxed) : 0;
  }

  /// The newest complete entry with that digest, or 0.
  uint32_t find(const base::Digest& digest) const;
  /// Any entry with that digest, also one that is being filled; or 0.
  uint32_t find_any(const base::Digest& digest) const;
  /// Marks a use.
  void touch(uint32_t number, uint32_t now) const {
    Entry& used = entry(number);
    if (used.uses < 3) ++used.uses;
    used.last_used = now;
  }

  /// A free entry, now `filling` and claimed by `process`; the oldest gives way when there is none. 0:
  /// everything is pinned, or there is no claim left.
  uint32_t begin(const base::Digest& digest, shm::ProcessIndex process, uint32_t now);
  /// The filled entry becomes the one that is found; an older one with its digest goes. False when it was
  /// purged meanwhile (then it is freed). Ends the filler's claim. One that has a location as well as memory
  /// was read from there: false when the older is not at that place any more.
  bool complete(uint32_t number, shm::ProcessIndex process);
  /// The filler gives up: nobody finds the entry any more; it is freed with its last reader.
  void abandon(uint32_t number, shm::ProcessIndex process);

  /// Pins the object for one more reader of that process. False: no claim left.
  bool pin(uint32_t number, shm::ProcessIndex process);
  void unpin(uint32_t number, shm::ProcessIndex process);

  /// Takes the entry out of the index; frees it, unless somebody reads or fills it still.
  void discard(uint32_t number);
  /// Frees the memory of the least useful object that nobody reads; bytes freed, 0: there is none. One that
  /// has a location stays in the index.
  size_t evict_one();
  /// An entry for an object that is on the disk only and was not known; 0: there is no room for it.
  uint32_t add_on_disk(const base::Digest& digest, uint64_t location, EntryKind kind, uint32_t now);

  /// Undoes the claims of a process that is gone. Returns how many objects it was filling.
  size_t release_process(shm::ProcessIndex process);
  /// Rebuilds everything derived from entries and claims, and drops only what is not sound.
  void recover();
  /// What is wrong with the structure; empty when all is well.
  std::string check() const;

 private:
  static uint32_t queue_index(Queue queue) { return queue == Queue::disk ? 2 : queue == Queue::main ? 1 : 0; }
  uint32_t& bucket(const base::Digest& digest) const { return buckets_[digest.low & (shape_.buckets - 1)]; }
  Claim& claim(uint32_t number) const { return claims_[number - 1]; }
  void chain(uint32_t number);
  void unchain(uint32_t number);
  void enqueue(uint32_t number, Queue queue);
  void dequeue(uint32_t number);
  uint32_t take_entry();
  void free_entry(uint32_t number);
  Claim* find_claim(uint32_t number, shm::ProcessIndex process) const;
  Claim* add_claim(uint32_t number, shm::ProcessIndex process);
  void drop_claim_if_empty(uint32_t number, shm::ProcessIndex process);
  void remember_ghost(const base::Digest& digest);
  bool take_ghost(const base::Digest& digest);
  uint32_t victim();
  bool drop_one_on_disk();
  bool is_sound(uint32_t number) const;
  void mark_broken(uint32_t number) const;
  void recover_claims();
  void recover_entries();
  void recover_heap();

  ZoneShape shape_;
  uint32_t index_;
  shm::Heap& heap_;
  ShardHeader* header_;
  Entry* entries_;
  uint32_t* buckets_;
  uint32_t* ghosts_;
  Claim* claims_;
};

}  // namespace cache
