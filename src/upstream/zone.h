// `zone NAME size` of an upstream block: peers' failures and connections in memory that all workers share.
//
// A table without locks: a peer's row is found by its key and claimed with one compare-and-swap; a worker
// counts its connections in its own column, so that nothing is lost when one is killed between two
// instructions, and a dead worker's column is cleared by the next who needs one or finds the peer full. The
// master only makes the segment.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "shm/segment.h"
#include "upstream/peer.h"

namespace upstream {

class Zone : public std::enable_shared_from_this<Zone> {
 public:
  static constexpr uint32_t kLayout = 1;
  /// Processes that can count at once; more (generations that drain) count for themselves only.
  static constexpr uint32_t kColumns = 128;
  static constexpr base::Duration kBuryEvery{1000};

  /// The segment "upstream:NAME" for at least `peers` addresses and at least `size` bytes. In the master.
  static base::Result<shm::SegmentPtr> make(shm::Segments& segments, std::string_view name, uint64_t size,
                                            size_t peers);
  /// In a worker, after fork.
  static base::Result<std::shared_ptr<Zone>> open(const shm::Segment& segment);
  ~Zone();

  /// The row of the peer named by `key` (of upstream and address); null when the table is full.
  std::shared_ptr<ZoneRow> row(std::string_view key);

  /// Clears the columns of processes that are gone; looks at most once a second.
  void bury(base::MonoTime now);

  struct Row {
    std::atomic<uint64_t> key;  ///< 0: free
    PeerHealth health;
    std::atomic<uint32_t> in_use[kColumns];
  };
  struct Table {
    std::atomic<int32_t> owner[kColumns];  ///< pid of the process that counts in this column; 0: nobody
    Row rows[];
  };

 private:
  friend class ZoneRow;
  Zone(shm::Mapping mapping, uint32_t rows);
  Table& table() const { return *reinterpret_cast<Table*>(mapping_.memory()); }
  uint32_t claim_column();
  void clear_column(uint32_t column);

  shm::Mapping mapping_;
  uint32_t rows_;
  base::MonoTime next_bury_ = 0;
  uint32_t column_;  // kColumns: none was free
};

/// One peer's place in a zone, as one worker uses it.
class ZoneRow {
 public:
  ZoneRow(std::shared_ptr<Zone> zone, Zone::Row& row) : zone_(std::move(zone)), row_(row) {}

  PeerHealth& health() { return row_.health; }
  /// How many this worker has in use.
  void set_in_use(uint32_t count);
  /// How many all workers have in use.
  uint32_t in_use() const;
  void bury(base::MonoTime now) { zone_->bury(now); }

 private:
  std::shared_ptr<Zone> zone_;
  Zone::Row& row_;
  uint32_t uncounted_ = 0;  // where no column was free
};

}  // namespace upstream
