#include "cache/disk_log.h"

#include "cache/disk_scan.h"
#include "shm/crash_point.h"

namespace cache {

namespace {

constexpr int kTries = 4;  // regions that may turn out unusable before an append is refused

}  // namespace

base::Result<void> DiskLog::take() {
  bool may_grow = volume_.may_grow();
  base::Result<void> last = base::fail_errno(ENOSPC, "no region of the disk store is free");
  for (int tries = 0; tries < kTries; ++tries) {
    std::optional<TakenRegion> taken = volume_.regions().take(owner_, may_grow, volume_.unfinished());
    if (!taken) return last;
    last = begin(*taken);
    if (last) return {};
    // A disk that fails is not to cost one full region after the other.
    if (!taken->fresh && !taken->again) return last;
    may_grow = may_grow && !taken->fresh;
  }
  return last;
}

base::Result<void> DiskLog::begin(const TakenRegion& taken) {
  DiskRegions& regions = volume_.regions();
  const DiskGeometry& geometry = volume_.geometry();
  if (taken.fresh) {
    int reserved = volume_.file().reserve(geometry.region_at(taken.region), geometry.region_size);
    if (reserved != 0) {
      regions.free(taken.region, true);
      return base::fail_errno(-reserved, "no room for one more region of the disk store");
    }
  }
  summary_.clear();
  if (taken.again) {
    base::Result<Summary> known =
        read_summary(volume_.file(), geometry.region_at(taken.region) + taken.summary_at, taken.region,
                     taken.generation, taken.count, volume_.seed());
    if (!known) {
      regions.give_up(taken.region);
      return tl::unexpected(known.error());
    }
    summary_ = std::move(*known);
  }
  PC_CRASH_POINT("log: region taken");
  base::Result<void> said = volume_.write_slot(taken.region);
  if (!said) {
    if (taken.again) {
      regions.give_up(taken.region);
    } else {
      regions.free(taken.region, false);
    }
    return said;
  }
  open_ = true;
  region_ = taken.region;
  generation_ = taken.generation;
  end_ = taken.end;
  return {};
}

// How many items fit, each placed behind the one before it.
size_t DiskLog::place(std::span<Item> items) {
  const DiskGeometry& geometry = volume_.geometry();
  uint64_t end = end_;
  size_t count = 0;
  size_t objects = summary_.size();
  for (Item& item : items) {
    const RecordHeader& header = item.image->header();
    objects += header.type == RecordType::object;
    if (end + header.length + summary_size(objects) > geometry.region_size) break;
    DiskLocation where{region_, generation_, static_cast<uint32_t>(end / geometry.unit())};
    item.image->place(where, volume_.seed());
    item.location = where.pack();
    end += header.length;
    ++count;
  }
  return count;
}

base::Result<void> DiskLog::write(std::span<Item> items) {
  std::vector<iovec> pieces(items.size() * 3);
  uint64_t size = 0;
  uint64_t lowest = UINT64_MAX, highest = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const RecordHeader& header = items[i].image->header();
    items[i].image->pieces(&pieces[i * 3]);
    size += header.length;
    lowest = std::min(lowest, header.sequence);
    highest = std::max(highest, header.sequence);
  }
  PC_CRASH_POINT("log: before the records");
  base::Result<void> written =
      write_fully(volume_.file(), pieces, volume_.geometry().region_at(region_) + end_);
  if (!written) return written;
  PC_CRASH_POINT("log: records written");
  end_ += static_cast<uint32_t>(size);
  for (const Item& item : items) {
    const RecordHeader& header = item.image->header();
    if (header.type == RecordType::object) summary_.push_back(SummaryEntry::of(header));
  }
  volume_.regions().advance(region_, end_, lowest, highest);
  volume_.regions().add(DiskCount::records, items.size());
  volume_.regions().add(DiskCount::bytes, size);
  return {};
}

base::Result<void> DiskLog::append(std::span<Item> items) {
  for (Item& item : items) item.location = 0;
  while (!items.empty()) {
    if (open_ && !owned()) drop();
    if (!open_) {
      base::Result<void> taken = take();
      if (!taken) return taken;
    }
    size_t count = place(items);
    if (count == 0 && end_ == 0) {
      items = items.subspan(1);  // too long for an empty region
      continue;
    }
    if (count == 0) {
      base::Result<void> sealed = seal(false);
      if (!sealed) return sealed;
      continue;
    }
    base::Result<void> written = write(items.first(count));
    if (!written) {
      for (Item& item : items.first(count)) item.location = 0;
      // Perhaps it is this part of the disk: the next append tries another region.
      (void)seal(false);
      return written;
    }
    items = items.subspan(count);
  }
  return {};
}

void DiskLog::drop() {
  open_ = false;
  summary_.clear();
  // What a shrinking store took back is beyond its end; given up, the file can be cut.
  const DiskRegion& item = volume_.regions().at(region_);
  bool beyond =
      region_ >= volume_.regions().count() && item.state() == RegionState::open && item.owner() == owner_;
  if (beyond) volume_.regions().free(region_, true);
}

base::Result<void> DiskLog::seal(bool partial) {
  if (!open_) return {};
  if (!owned()) {
    drop();
    return {};
  }
  open_ = false;
  Summary summary = std::move(summary_);
  summary_.clear();
  if (end_ == 0) {
    volume_.regions().free(region_, false);
    return volume_.write_slot(region_);
  }
  base::Result<void> closed =
      close(region_, generation_, end_, summary, partial && end_ < volume_.geometry().region_size / 4 * 3);
  // Its records are sound: somebody reads them through later.
  if (!closed) volume_.regions().give_up(region_);
  return closed;
}

base::Result<void> DiskLog::close(uint32_t region, uint32_t generation, uint32_t end, const Summary& summary,
                                  bool partial) {
  // The records are on the disk before anything says that they need not be read through.
  int synced = volume_.file().sync();
  if (synced != 0) return base::fail_errno(-synced, "the disk store's file cannot be synced");
  base::Result<void> written = write_summary(volume_.file(), volume_.geometry().region_at(region) + end,
                                             region, generation, summary, volume_.seed());
  if (!written) return written;
  PC_CRASH_POINT("log: summary written");
  volume_.regions().seal(region, end, static_cast<uint32_t>(summary.size()), partial);
  // Not saying so on the disk costs a later mount one scan, no more.
  (void)volume_.write_slot(region);
  return {};
}

base::Result<bool> DiskLog::seal_orphan() {
  std::optional<uint32_t> region = volume_.regions().begin_sealing(owner_);
  if (!region) return false;
  DiskRegion& item = volume_.regions().at(*region);
  uint32_t generation = item.generation.load(std::memory_order_acquire);
  ScannedRegion scanned = scan_region(volume_, *region, generation);
  if (scanned.end == 0) {
    volume_.regions().free(*region, false);
    (void)volume_.write_slot(*region);
    return true;
  }
  volume_.regions().advance(*region, scanned.end, scanned.lowest, scanned.highest);
  base::Result<void> closed = close(*region, generation, scanned.end, scanned.summary, false);
  if (!closed) {
    volume_.regions().give_up(*region);
    return tl::unexpected(closed.error());
  }
  return true;
}

}  // namespace cache
