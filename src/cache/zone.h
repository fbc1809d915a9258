// One cache zone: stored responses in one shared memory segment, bounded by its size. Shared by all workers
// and the keeper; each has a Zone of its own over the same memory.
//
// Locks are held for short sections inside these functions and never across a co_await. A full zone says no;
// it never fails a request. What is stored is never changed: a new response is a new object, and readers of
// the old one keep it until they let go of their pin.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/arena.h"
#include "cache/flights.h"
#include "cache/shard.h"
#include "shm/segment.h"

namespace cache {

class Zone;

/// How far an object has come that was found while it grew.
enum class Progress : uint8_t {
  growing,
  whole,
  broken,  ///< its filler gave up or died: it ends here and is incomplete
};

/// One reader's hold on a stored object: its bytes stay where they are. Must not outlive its Zone.
class Pin {
 public:
  Pin() = default;
  Pin(Pin&& other) noexcept;
  Pin& operator=(Pin&& other) noexcept;
  ~Pin() { release(); }

  explicit operator bool() const { return zone_ != nullptr; }
  void release();

  /// Bytes of body that can be read by now; all of them once the object is complete.
  uint64_t body_size() const;
  /// How far the object has come. To be asked before body_size(): of one that is whole that is final.
  Progress progress() const;
  /// The first extent and where the body begins in it.
  shm::Offset first() const;
  size_t body_start() const;
  shm::Heap& heap() const;
  /// The file in which all this lies, and where in it; -1: none.
  int file() const;
  uint64_t offset_in_file(const std::byte* place) const;

 private:
  friend class Zone;
  friend class Writer;
  Pin(Zone* zone, uint32_t shard, uint32_t entry) : zone_(zone), shard_(shard), entry_(entry) {}
  ObjectHead& head() const;

  Zone* zone_ = nullptr;
  uint32_t shard_ = 0;
  uint32_t entry_ = 0;
};

/// One object in the index, told from later ones with its digest.
struct EntryRef {
  uint32_t shard = 0;
  uint32_t number = 0;  ///< 0: none
  uint32_t generation = 0;
  explicit operator bool() const { return number != 0; }
};

/// What a lookup found: facts and head copied, the body copied (small) or pinned.
struct Found {
  EntryKind kind = EntryKind::unpublished;  ///< unpublished: nothing
  Facts facts;
  std::string_view head;  ///< stored head, or a marker's text; in the arena
  uint64_t body_size = 0;
  std::string_view body;  ///< in the arena, when `pin` is empty
  Pin pin;
  uint64_t location = 0;  ///< where a disk store has it; with nothing else: it is only there
  uint8_t uses = 0;  ///< with only a location: how often it was asked for since it is only there, up to 3
  EntryRef ref;      ///< of an object in memory
  explicit operator bool() const { return kind != EntryKind::unpublished; }
};

/// Who keeps a copy of the objects of a zone elsewhere. Called without any lock.
class ZoneMirror {
 public:
  virtual ~ZoneMirror() = default;
  /// A new object is complete, in memory. `replaced`: an older one had a location.
  virtual void on_stored(const base::Digest& digest, bool replaced) = 0;
  /// What has that digest was removed, for good. `known`: there was something, or there may have been.
  virtual void on_purged(const base::Digest& digest, bool known) = 0;
  /// Head and facts of an object in memory are new, its body is not: a copy elsewhere is older now, not
  /// wrong.
  virtual void on_renewed(const base::Digest& digest) { (void)digest; }
};

/// An object that is being filled, here or in another process.
struct FoundGrowing {
  FlightRef flight;
  base::Digest digest;
  Facts facts;
  std::string_view head;  ///< stored head, in the arena
  std::optional<uint64_t> body_size;
  BodyPlace place = BodyPlace::memory;
  Pin pin;
  explicit operator bool() const { return static_cast<bool>(pin); }
};

/// Totals of a zone; sizes are of now, the rest since it was made.
struct ZoneTotals {
  uint64_t objects = 0, bytes = 0, memory_used = 0, memory_size = 0, entries_size = 0;
  uint64_t hits = 0, misses = 0, stored = 0, evicted = 0, recoveries = 0;
};

class Zone {
 public:
  /// Bodies up to this are copied out instead of pinned: cheaper than two visits to the lock.
  static constexpr size_t kCopiedBody = 4096;

  /// Writes an empty zone into fresh memory: the `format` of shm::Segments::open().
  /// `seed`: of its digests; those of a disk store stay the same over restarts.
  static void format(std::byte* memory, const ZoneShape& shape, uint64_t seed = base::random_seed());

  /// `process`: this process's index. `inactive` seconds without use make an object count as absent; 0:
  /// never.
  Zone(shm::Mapping mapping, const ZoneShape& shape, shm::ProcessIndex process, uint32_t inactive = 0);
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  /// The digest of a key in this zone; its seed is the zone's own, so no client can make two keys meet.
  base::Digest digest(std::string_view key) const { return base::digest128(key, header().seed); }

  /// The complete object with that digest whose key is `key`. `now`: seconds since 1970. One that is found
  /// counts as a hit.
  Found find(const base::Digest& digest, std::string_view key, uint32_t now, base::Arena& arena);
  /// The object with that digest that somebody is filling now and whose key is `key`; nothing when there is
  /// none, or no claim left.
  FoundGrowing find_growing(const base::Digest& digest, std::string_view key, base::Arena& arena);
  /// What that flight fills now: an object that memory could not take whole goes on as another, on the disk.
  FoundGrowing find_growing(const FlightRef& flight);
  /// What is being fetched for this zone.
  Flights& flights() { return flights_; }
  /// Counts a request that the origin has to answer; `found`: though there was an object, which was no hit
  /// then.
  void count_miss(const base::Digest& digest, bool found);

  /// Removes the complete object with that digest; one that is being filled or fetched will not be found or
  /// joined. True when there was one. A marker takes all its variants with it.
  bool purge(const base::Digest& digest);

  /// Gives the object found as `ref` new facts and a new stored head (RFC 9111 §4.3.4), its body stays where
  /// it is. False: it is not in memory any more, or the head needs more room than the old one has. Tags and
  /// URI in front of the head must be the same ones: the copy on a disk goes by them.
  bool renew(const EntryRef& ref, const Facts& facts, std::string_view head);

  /// Stores a marker: `list` (see variant_list) first, then those a marker had already. Its salt, 0: no
  /// memory.
  uint64_t store_marker(const base::Digest& digest, std::string_view key, std::string_view list, uint32_t now,
                        base::Arena& arena);

  /// Frees something that nobody reads; false when there is nothing.
  bool evict();
  /// Undoes what a dead process held. For the keeper, which wakes everybody afterwards (Fills does both).
  void release_process(shm::ProcessIndex process);
  /// Removes objects unused since `before` (seconds since 1970); looks at `budget` entries and goes on there
  /// at the next call. Returns how many. For the keeper.
  size_t remove_unused(uint32_t before, size_t budget);

  /// An object as each() shows it.
  struct Listed {
    std::string_view key;  ///< empty: on the disk only, then facts and sizes are not known
    Facts facts;
    uint64_t body_size;
    uint64_t footprint;
    uint32_t last_used;
    EntryKind kind;
    base::Digest digest;
    uint64_t location;
  };
  /// Calls `visit` for every complete object, shard by shard under its lock: visit must be short and call
  /// nothing of this zone. For the keeper.
  void each(const std::function<void(const Listed&)>& visit);

  /// A complete object as walk() shows it; all of it points into the zone. One that is on the disk only has
  /// neither key nor head nor facts here.
  struct Walked {
    base::Digest digest;
    std::string_view key;
    std::string_view head;
    Facts facts;
    uint64_t body_size;
    uint64_t footprint;
    uint32_t last_used;
    EntryKind kind;
    uint64_t location;  ///< where a disk store has it; 0: nowhere
    bool in_memory;
  };
  /// Where a walk has come to; a fresh one begins at the start.
  struct WalkPlace {
    uint32_t shard = 0;
    uint32_t entry = 0;
  };
  /// Looks at up to `budget` entries from `place` on and shows those that are complete, in memory or on the
  /// disk, under their shard's lock: visit must be short and call nothing of this zone. False when all were
  /// seen.
  bool walk(WalkPlace& place, size_t budget, const std::function<void(const Walked&)>& visit);
  /// What the complete object with that digest is; unpublished: there is none.
  EntryKind kind_of(const base::Digest& digest);

  // What a disk store needs (zone_disk.cc).
  /// Must outlive what is done with this zone; null: none.
  void set_mirror(ZoneMirror* mirror) { mirror_ = mirror; }
  /// A complete object that is in memory, its body too when that is at most `most_body` bytes; it does not
  /// count as a hit. Nothing: it is not there any more.
  struct Copy {
    EntryRef ref;
    EntryKind kind = EntryKind::unpublished;
    Facts facts;
    std::string key, head;
    std::string body;  ///< empty when it is larger than asked for
    uint64_t body_size = 0;
    uint64_t location = 0;
    Pin pin;  ///< so that it is not evicted before it has its location
    explicit operator bool() const { return static_cast<bool>(ref); }
  };
  Copy copy(const base::Digest& digest, uint64_t most_body);
  /// The object is on the disk there. False: it is gone, and what is there with it.
  bool set_location(const EntryRef& ref, uint64_t location);
  /// Where the complete object with that digest is on the disk; 0: nowhere, or there is none.
  struct Location {
    bool known = false;  ///< there is an object
    bool in_memory = false;
    uint64_t location = 0;
    uint8_t uses = 0;
  };
  Location location_of(const base::Digest& digest);
  /// It was moved; nothing if it is not there (any more).
  void move_location(const base::Digest& digest, uint64_t from, uint64_t to);
  /// There is a newer record of it: an object that is only at `from` is there now. False: it is not there.
  bool replace_on_disk(const base::Digest& digest, uint64_t from, uint64_t to);
  /// An object that is on the disk only goes.
  void forget_on_disk(const base::Digest& digest);
  /// There is nothing at that place any more: an object that is only there goes.
  void forget_location(const base::Digest& digest, uint64_t location);
  /// An object that is on the disk only. False: one with that digest is known, or there is no room.
  bool add_on_disk(const base::Digest& digest, uint64_t location, EntryKind kind, uint32_t now);
  /// An object that was found on the disk counts as a hit.
  void count_hit(const base::Digest& digest);
  /// Which mount of the disk store the locations are of; 0: none was told.
  std::atomic<uint64_t>& disk_mount() { return header().mount; }
  uint64_t seed() const { return header().seed; }

  ZoneTotals totals();
  /// Most objects the index can name.
  size_t capacity() const { return size_t{shape_.entries} * shape_.shards; }
  /// No object may be larger: half of the memory.
  size_t largest_object() const { return heap_.capacity() / 2; }
  shm::ProcessIndex process() const { return process_; }
  /// What is wrong with the structure; empty when all is well.
  std::string check();

 private:
  friend class Pin;
  friend class Writer;
  ZoneHeader& header() const { return *reinterpret_cast<ZoneHeader*>(mapping_.memory()); }
  uint32_t shard_of(const base::Digest& digest) const {
    return static_cast<uint32_t>(digest.high >> 32) & (shape_.shards - 1);
  }
  std::string_view key_of(const ObjectHead& head) const {
    return {reinterpret_cast<const char*>(&head + 1), head.key_size};
  }
  bool copy_body(Shard& shard, uint32_t number, char* out) const;

  shm::Mapping mapping_;
  ZoneShape shape_;
  shm::ProcessIndex process_;
  uint32_t inactive_;
  shm::Heap heap_;
  std::vector<Shard> shards_;
  Flights flights_;
  ZoneMirror* mirror_ = nullptr;
  uint32_t sweep_shard_ = 0;  // where remove_unused() goes on
  uint32_t sweep_entry_ = 0;
};

/// Writes one object into a zone: begin(), append() as bytes come, finish() or abandon(). Until finish() no
/// lookup finds it; one that was not finished is never served as complete, whoever dies.
class Writer {
 public:
  Writer() = default;
  Writer(Writer&& other) noexcept { *this = std::move(other); }
  Writer& operator=(Writer&& other) noexcept;
  ~Writer() { abandon(); }

  /// What an object is before its body comes.
  struct Object {
    base::Digest digest;
    std::string_view key;
    std::string_view head;
    Facts facts;
    EntryKind kind = EntryKind::object;
    std::optional<uint64_t> body_size;  ///< known: all memory is taken at once
    uint64_t location = 0;              ///< it is read from there; finish() fails if it is not there any more
    BodyPlace place = BodyPlace::memory;  ///< disk: what is appended are extents; ends with finish_on_disk()
  };
  /// An empty Writer when the zone cannot take it.
  static Writer begin(Zone& zone, const Object& object, uint32_t now);

  explicit operator bool() const { return zone_ != nullptr; }
  /// All extents are there: who reads along comes to an end, whatever becomes of the object.
  void set_whole();
  /// The object is found there from now on, in every process; the list of its extents goes with its last
  /// reader. False when it was purged meanwhile, or there is no room for one more entry.
  bool finish_on_disk(uint64_t location);

  /// Copies `bytes` into the object, where readers see them at once. False: no memory; none of it was taken,
  /// and the object can only be abandoned.
  bool append(std::string_view bytes);
  /// The object is whole: it is found from now on, in every process. False when it was purged meanwhile.
  bool finish();
  /// Drops the object; readers that have a pin keep what is there.
  void abandon();

  /// Whether it will be found when it is finished: it was not purged meanwhile.
  bool is_wanted() const;
  /// A hold on the growing object. Empty when there is no claim left.
  Pin pin();
  uint64_t written() const { return written_; }
  /// The object's number in its shard.
  uint32_t entry() const { return entry_; }

 private:
  bool reserve(uint64_t bytes);
  bool add_extent(size_t least, size_t want, std::atomic<shm::Offset>& link);

  Zone* zone_ = nullptr;
  uint32_t shard_ = 0;
  uint32_t entry_ = 0;
  shm::Offset tail_ = 0;     // last extent
  shm::Offset current_ = 0;  // the one being written
  size_t used_ = 0;          // payload bytes of current_ that are written
  uint64_t room_ = 0;        // bytes that can be written without more memory
  uint64_t footprint_ = 0;
  uint64_t written_ = 0;
  uint64_t expected_ = 0;
  bool whole_ = false;
};

}  // namespace cache
