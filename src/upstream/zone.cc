#include "upstream/zone.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>

#include "base/hash.h"
#include "shm/crash_point.h"

namespace upstream {
namespace {

size_t bytes_for(size_t rows) { return sizeof(Zone::Table) + rows * sizeof(Zone::Row); }
bool is_gone(int32_t pid) { return kill(std::abs(pid), 0) != 0 && errno == ESRCH; }

}  // namespace

base::Result<shm::SegmentPtr> Zone::make(shm::Segments& segments, std::string_view name, uint64_t size,
                                         size_t peers) {
  // Twice as many rows as peers, by powers of two: a reload that adds a few keeps the segment, and what was
  // learned.
  size_t rows = std::bit_ceil(2 * peers + 16);
  size_t bytes = std::max<size_t>(bytes_for(rows), size);
  std::string full = "upstream:";
  full += name;
  return segments.open(full, kLayout, bytes, [](std::byte*, size_t) {});  // zeroes are an empty table
}

base::Result<std::shared_ptr<Zone>> Zone::open(const shm::Segment& segment) {
  base::Result<shm::Mapping> mapping = segment.map();
  if (!mapping) return tl::unexpected(mapping.error());
  size_t rows = (mapping->size() - sizeof(Table)) / sizeof(Row);
  return std::shared_ptr<Zone>(new Zone(std::move(*mapping), static_cast<uint32_t>(rows)));
}

Zone::Zone(shm::Mapping mapping, uint32_t rows)
    : mapping_(std::move(mapping)), rows_(rows), column_(claim_column()) {}

Zone::~Zone() {
  if (column_ == kColumns) return;
  clear_column(column_);
  table().owner[column_].store(0, std::memory_order_release);
}

uint32_t Zone::claim_column() {
  int32_t self = getpid();
  for (uint32_t column = 0; column < kColumns; ++column) {
    std::atomic<int32_t>& owner = table().owner[column];
    int32_t before = owner.load(std::memory_order_acquire);
    if (before != 0 && before != self && !is_gone(before)) continue;
    if (!owner.compare_exchange_strong(before, self, std::memory_order_acq_rel)) continue;
    PC_CRASH_POINT("zone: column claimed");
    clear_column(column);
    return column;
  }
  return kColumns;
}

void Zone::clear_column(uint32_t column) {
  for (uint32_t row = 0; row < rows_; ++row) {
    table().rows[row].in_use[column].store(0, std::memory_order_relaxed);
  }
}

void Zone::bury(base::MonoTime now) {
  if (now < next_bury_) return;
  next_bury_ = now + kBuryEvery.count();
  for (uint32_t column = 0; column < kColumns; ++column) {
    std::atomic<int32_t>& owner = table().owner[column];
    int32_t pid = owner.load(std::memory_order_acquire);
    if (pid == 0 || !is_gone(pid)) continue;
    // Only who takes the column from the dead may clear it: a newcomer could be counting in it already.
    int32_t grave = -getpid();
    if (!owner.compare_exchange_strong(pid, grave, std::memory_order_acq_rel)) continue;
    clear_column(column);
    PC_CRASH_POINT("zone: column cleared");
    owner.compare_exchange_strong(grave, 0, std::memory_order_release);
  }
}

std::shared_ptr<ZoneRow> Zone::row(std::string_view key) {
  uint64_t wanted = base::hash64(key) | 1;  // the seed is the same in every process
  for (uint32_t i = 0; i < rows_; ++i) {
    Row& row = table().rows[(wanted + i) % rows_];
    uint64_t found = row.key.load(std::memory_order_acquire);
    if (found == 0) row.key.compare_exchange_strong(found, wanted, std::memory_order_acq_rel);
    if (found == 0 || found == wanted) return std::make_shared<ZoneRow>(shared_from_this(), row);
  }
  return nullptr;
}

void ZoneRow::set_in_use(uint32_t count) {
  if (zone_->column_ == Zone::kColumns) {
    uncounted_ = count;
    return;
  }
  row_.in_use[zone_->column_].store(count, std::memory_order_relaxed);
}

uint32_t ZoneRow::in_use() const {
  uint32_t sum = uncounted_;
  for (const std::atomic<uint32_t>& count : row_.in_use) sum += count.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace upstream
