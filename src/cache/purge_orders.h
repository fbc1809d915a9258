// Standing purges of one zone, in shared memory: what was purged by tag, prefix, expression, URI or as a
// whole is in force in every process as soon as add() returns, whatever the zone holds. A lookup asks
// covers() of what it found; without orders that is one load.
//
// An order covers what was fetched before it: whoever starts a fetch takes a mark() first and keeps it with
// what it stores. Bounded: the log is coalesced when it is full, and if that is not enough its older half
// becomes an order that covers everything (hard orders by key, whose objects are removed at once and which
// only catch what was under way, are forgotten instead). The keeper retires orders once it has walked the
// zone. Each process has a PurgeOrders of its own over the same memory; nothing here waits or includes disks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "cache/disk_purge_log.h"
#include "cache/purge_pattern.h"
#include "shm/robust_lock.h"
#include "shm/segment.h"

namespace cache {

/// What standing orders say of an object.
enum class Covered : uint8_t {
  no,
  stale,   ///< purged softly: it may be used only where a stale one may
  absent,  ///< purged: as if it were not there
};

class PurgeOrders {
 public:
  static constexpr uint32_t kLayout = 1;
  /// Shared memory for the orders of one zone.
  static constexpr size_t kBytes = 1 << 20;
  /// More expressions than this, and the older half becomes an order that covers everything.
  static constexpr size_t kMostPatterns = 64;
  /// An order that was carried out stays this long, for what was being fetched when it came.
  static constexpr uint32_t kLeastSeconds = 600;

  /// Writes an empty log into fresh memory: the `format` of shm::Segments::open().
  static void format(std::byte* memory, size_t size);
  explicit PurgeOrders(shm::Mapping mapping);
  ~PurgeOrders();
  PurgeOrders(const PurgeOrders&) = delete;
  PurgeOrders& operator=(const PurgeOrders&) = delete;

  /// To be taken before a fetch starts and kept with what it stores; 40 bits.
  uint64_t mark() const { return header().sequence.load(std::memory_order_acquire); }
  /// Marks of earlier runs (from a disk) are below what mark() says from now on.
  void reach(uint64_t mark);

  /// Puts the order in force in every process and returns its sequence. Errors: an expression that does not
  /// compile, a text that is too long.
  base::Result<uint64_t> add(const PurgeOrder& order) { return insert(order, 0); }

  /// Puts an order of an earlier run in force again: it covers what was fetched until the end of its second.
  base::Result<void> add_remembered(const PurgeOrder& order);

  /// Whether any order stands: only then is covers() worth its arguments.
  bool any() const { return header().standing.load(std::memory_order_acquire) != 0; }
  /// What is known of an object that was found.
  struct Subject {
    base::Digest digest;         ///< of its key
    std::string_view uri;        ///< scheme://host/target of the request it answered
    std::string_view tag_bytes;  ///< 8 bytes each (StoredMarks)
    uint64_t mark = 0;           ///< taken before it was fetched
  };
  Covered covers(const Subject& subject);

  /// Orders with a sequence up to `sequence` have been carried out everywhere: those that are old enough go,
  /// soft ones only with `soft`. `now`: seconds since 1970.
  void retire(uint64_t sequence, uint32_t now, bool soft);
  /// All that stand, oldest first.
  std::vector<PurgeOrder> standing();

 private:
  struct Header {
    shm::RobustLock lock;
    std::atomic<uint64_t> sequence;    // of the newest order; starts with the time in 1/256 s
    std::atomic<uint64_t> generation;  // goes up with every change of what follows
    std::atomic<uint32_t> standing;    // orders in the log
    std::atomic<uint32_t> current;     // which half is the log; the other is written at a compaction
    uint64_t epoch;                    // goes up when the log was written anew
    std::atomic<uint32_t> used[2];     // bytes of each half
  };
  struct Record;
  struct Room;
  /// Newest sequence of an order by what it names; hard and soft apart.
  using Numbers = std::unordered_map<uint64_t, uint64_t>;
  struct Book {
    uint64_t everything = 0;
    Numbers keys;
    Numbers uris;
    Numbers tags;
    std::map<size_t, Numbers> prefixes;  // by their length, then by digest
    struct Pattern {
      PurgePattern pattern;
      uint64_t sequence;
    };
    std::vector<Pattern> patterns;
    bool covers(const Subject& subject, uint64_t uri_number, uint64_t key_number) const;
  };

  Header& header() const { return *reinterpret_cast<Header*>(mapping_.memory()); }
  size_t capacity() const;
  std::byte* half(uint32_t which) const;
  shm::Locked locked();
  base::Result<uint64_t> insert(PurgeOrder order, uint64_t sequence);
  void recover();
  void refresh();
  void note(const PurgeOrder& order);
  std::vector<PurgeOrder> read(uint32_t from) const;
  bool append(uint32_t which, const PurgeOrder& order);
  void rewrite(const std::vector<PurgeOrder>& orders);
  void make_room();
  void cut(std::vector<PurgeOrder>& orders) const;

  shm::Mapping mapping_;
  uint64_t seen_generation_ = 0;
  uint64_t seen_epoch_ = 0;
  uint32_t read_to_ = 0;
  Book books_[2];  // hard, soft
};

/// The number of a tag in orders and in what is stored: the same in every run.
uint64_t tag_number(std::string_view tag);
/// The digest by which a URI is purged: the same in every run.
base::Digest uri_digest(std::string_view uri);

}  // namespace cache
