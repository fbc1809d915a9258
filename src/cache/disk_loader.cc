#include "cache/disk_loader.h"

#include "shm/crash_point.h"

namespace cache {

base::Result<std::vector<PurgeOrder>> DiskLoader::orders() {
  base::Result<std::vector<PurgeOrder>> orders = purges_.read_new();
  if (orders) {
    for (const PurgeOrder& order : *orders) book_.add(order);
  }
  return orders;
}

base::Result<bool> DiskLoader::next_region() {
  // Without a summary they cannot be loaded; they hold what was stored last.
  base::Result<bool> sealed = log_.seal_orphan();
  if (!sealed || *sealed) return sealed;
  std::optional<uint32_t> region = volume_.regions().newest_unloaded();
  if (!region) return false;
  const DiskRegion& item = volume_.regions().at(*region);
  region_ = *region;
  generation_ = item.generation.load(std::memory_order_acquire);
  base::Result<Summary> summary =
      read_summary(volume_.file(), volume_.geometry().region_at(region_) + item.summary_at, region_,
                   generation_, item.count, volume_.seed());
  if (summary) {
    summary_ = std::move(*summary);
    current_ = true;
    return true;
  }
  // A disk that cannot be read is another matter than a summary that is not whole.
  if (summary.error().code != 0) {
    volume_.regions().add(DiskCount::read_errors);
    volume_.regions().set_loaded(region_, generation_);
    return tl::unexpected(summary.error());
  }
  volume_.regions().distrust(region_, generation_);
  return true;
}

base::Result<bool> DiskLoader::next(std::vector<LoadedObject>& batch) {
  batch.clear();
  if (current_ && summary_.empty()) {
    PC_CRASH_POINT("loader: before a region counts as loaded");
    volume_.regions().set_loaded(region_, generation_);
    current_ = false;
  }
  if (!current_) {
    base::Result<bool> more = next_region();
    if (!more) return more;
    // A region that is still written is loaded when it is full, by a later loader.
    if (!*more && !volume_.regions().any_unloaded()) {
      volume_.regions().header().loading.store(0, std::memory_order_release);
    }
    if (!*more || !current_) return more;
  }
  while (!summary_.empty() && batch.size() < kBatch) {
    // From the end: of several with one digest the newest comes first.
    const SummaryEntry& entry = summary_.back();
    PurgeBook::Verdict verdict = book_.judge(entry.digest, entry.uri, entry.sequence);
    if (verdict != PurgeBook::Verdict::gone) {
      LoadedObject object;
      object.digest = entry.digest;
      object.uri = entry.uri;
      object.location = DiskLocation{region_, generation_, entry.offset}.pack();
      object.sequence = entry.sequence;
      object.body_size = entry.body_size;
      object.stored_at = entry.stored_at;
      object.expires = entry.expires;
      object.kind = entry.kind;
      object.stale = verdict == PurgeBook::Verdict::stale;
      batch.push_back(object);
    }
    summary_.pop_back();
  }
  return true;
}

bool is_newer(DiskVolume& volume, const LoadedObject& loaded, uint64_t there, bool may_block) {
  if (there == 0) return true;
  DiskLocation where = DiskLocation::unpack(there);
  if (!volume.regions().is_current(where)) return true;
  const DiskRegion& item = volume.regions().at(where.region);
  if (loaded.sequence > item.highest) return true;
  if (loaded.sequence < item.lowest) return false;
  std::string bytes(sizeof(RecordHeader), '\0');
  if (volume.read(where, 0, bytes.data(), bytes.size(), !may_block) != DiskRead::done) return false;
  std::optional<RecordHeader> header = read_record_header(bytes, volume.geometry(), where, volume.seed());
  return !header || header->sequence < loaded.sequence;
}

}  // namespace cache
