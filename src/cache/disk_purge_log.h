// What was purged, on the disk: so that a restart brings nothing back. One file, appended by any process
// under a file lock, bounded, rewritten without what no record needs any more. Blocks: for disk threads.
//
// An order covers the records with a lower sequence than its own.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "cache/disk_file.h"

namespace cache {

enum class PurgeKind : uint8_t {
  key = 1,     ///< objects with that digest
  uri,         ///< objects with that URI digest
  tag,         ///< objects that bear that tag; `digest.low` is its number
  prefix,      ///< objects whose URI begins with the text
  regex,       ///< objects whose URI matches the text
  everything,  ///<
  floor,       ///< at a restart everything: orders that had to be forgotten were before it
};

struct PurgeOrder {
  static constexpr size_t kLongestText = 4096;

  PurgeKind kind = PurgeKind::key;
  bool soft = false;  ///< stale, not gone
  uint64_t sequence = 0;
  uint32_t time = 0;  ///< seconds since 1970
  base::Digest digest;
  std::string text;
};

class PurgeLog {
 public:
  static constexpr const char* kFile = "purges";
  /// At most so many orders by prefix and expression stand; more, and the older half becomes one that covers
  /// everything.
  static constexpr size_t kMostStanding = 1024;
  /// An order stays this long in any case: what was under way when it came is written by then.
  static constexpr uint32_t kLeastSeconds = 600;

  /// `seed`: the store's; orders of an older store are not orders. `capacity` in bytes.
  PurgeLog(DiskFolder& folder, uint64_t seed, uint64_t capacity)
      : folder_(folder), seed_(seed), capacity_(capacity) {}

  /// On the disk when it returns without an error. `oldest`: no record has a lower sequence (for when the log
  /// is full).
  base::Result<void> append(const std::vector<PurgeOrder>& orders, uint64_t oldest);
  /// What was appended since the last call, by any process; all of it after a compaction.
  base::Result<std::vector<PurgeOrder>> read_new();
  /// Writes the log anew without what covers nothing. `now`: seconds since 1970.
  base::Result<void> compact(uint64_t oldest, uint32_t now);
  /// Bytes of the log.
  base::Result<uint64_t> size();

 private:
  base::Result<void> open();
  base::Result<std::vector<PurgeOrder>> read_from(uint64_t& at);
  base::Result<void> rewrite(uint64_t oldest, uint32_t now);
  std::string write_all(const std::vector<PurgeOrder>& orders) const;
  std::vector<PurgeOrder> reduced(std::vector<PurgeOrder> orders, uint64_t oldest, uint32_t now) const;

  DiskFolder& folder_;
  uint64_t seed_;
  uint64_t capacity_;
  DiskFilePtr file_;
  uint64_t read_to_ = 0;
};

/// What orders say of a record that is about to be loaded.
class PurgeBook {
 public:
  enum class Verdict : uint8_t { keep, stale, gone };
  void add(const PurgeOrder& order);
  /// By key, by URI, everything: what can be said without reading the record.
  Verdict judge(const base::Digest& digest, const base::Digest& uri, uint64_t sequence) const;

 private:
  struct Hash {
    size_t operator()(const base::Digest& digest) const { return digest.low; }
  };
  using Orders = std::unordered_map<base::Digest, uint64_t, Hash>;
  static bool covers(const Orders& orders, const base::Digest& digest, uint64_t sequence);
  // Hard, soft.
  Orders keys_[2];
  Orders uris_[2];
  uint64_t everything_[2] = {0, 0};
};

}  // namespace cache
