// What the keeper does for a disk store: loading the index after a start, and upkeep while it is used.
#include "cache/disk_store.h"

namespace cache {

namespace {

/// Free regions kept ready, so that writers need not recycle in a hurry (and without asking what to keep).
uint32_t reserve_of(uint32_t regions) { return regions < 32 ? 1 : regions < 256 ? regions / 32 : 8; }

/// At most this part of a region is written again when it is recycled, so that recycling gains room.
constexpr uint32_t kKeptPart = 2;
constexpr int kSealedAtOnce = 8;   // regions of the dead, in one round
constexpr size_t kKeptBatch = 64;  // records read and written together

}  // namespace

event::Task<bool> DiskStore::load(DiskIndex& index) {
  DiskStorePtr self = shared_from_this();
  if (!attached_) co_return false;
  DiskHeader& header = volume_.regions().header();
  PurgeLog purges(*folder_, volume_.seed(), purge_log_size(volume_.settings().max_size));
  DiskLoader loader(volume_, log_, purges);
  base::Result<std::vector<PurgeOrder>> orders;
  base::Result<bool> more = true;
  std::vector<LoadedObject> batch;
  std::function<void()> read_orders = [&] { orders = loader.orders(); };
  std::function<void()> read_batch = [&] { more = loader.next(batch); };

  uint64_t seen = header.purges.load(std::memory_order_seq_cst);
  bool first = true;
  while (first || (more && *more)) {
    // Purges before what they cover; and once more behind it, for one that came in between: whoever purges
    // writes it down first, then looks into the index.
    uint64_t now = header.purges.load(std::memory_order_seq_cst);
    if (first || now != seen) {
      first = false;
      seen = now;
      co_await on_line(read_orders);
      if (!orders) co_return false;
      for (const PurgeOrder& order : *orders) index.on_purge(order);
    }
    co_await on_line(read_batch);
    if (!batch.empty()) index.on_loaded(batch);
  }
  // One that came after the last batch was delivered has seen it in the index.
  co_return more.has_value();
}

event::Task<void> DiskStore::maintain(DiskIndex& index, uint32_t now) {
  DiskStorePtr self = shared_from_this();
  if (!accepts()) co_return;
  DiskRegions& regions = volume_.regions();
  base::Result<void> outcome;
  uint64_t missing = 0;
  bool may_grow = false;
  std::function<void()> look = [&] {
    outcome = volume_.resize();
    base::Result<bool> sealed = outcome.has_value();
    for (int i = 0; i < kSealedAtOnce && sealed && *sealed; ++i) sealed = log_.seal_orphan();
    if (!sealed) outcome = tl::unexpected(sealed.error());
    missing = volume_.missing_space();
    may_grow = volume_.may_grow();
    if (may_grow) regions.header().usable.store(regions.count(), std::memory_order_relaxed);
  };
  co_await on_line(look);
  note(outcome, DiskCount::write_errors);
  if (!outcome) co_return;
  uint32_t ready = regions.in_state(RegionState::free);
  if (may_grow) ready += regions.in_state(RegionState::fresh);
  if (missing != 0) {
    co_await reclaim(index, true);
  } else if (ready < reserve_of(regions.count())) {
    co_await reclaim(index, false);
  }

  uint64_t size = 0;
  uint64_t capacity = purge_log_size(volume_.settings().max_size);
  std::function<void()> compact = [&] {
    PurgeLog purges(*folder_, volume_.seed(), capacity);
    base::Result<uint64_t> there = purges.size();
    size = there ? *there : 0;
    if (size > capacity / 2) (void)purges.compact(regions.oldest_sequence(), now);
  };
  co_await on_thread(compact);
}

event::Task<void> DiskStore::reclaim(DiskIndex& index, bool give_room_back) {
  DiskRegions& regions = volume_.regions();
  std::optional<uint32_t> region = regions.begin_reclaiming(log_.owner());
  if (!region) co_return;
  const DiskRegion& item = regions.at(*region);
  const uint32_t generation = item.generation.load(std::memory_order_acquire);
  base::Result<Summary> summary;
  std::function<void()> read = [&] {
    summary = read_summary(volume_.file(), volume_.geometry().region_at(*region) + item.summary_at, *region,
                           generation, item.count, volume_.seed());
  };
  if (!give_room_back) {
    co_await on_thread(read);
    if (summary) {
      Summary& entries = *summary;
      co_await keep(index, *region, entries);
    }
  }
  std::function<void()> free = [&] {
    regions.free(*region, give_room_back);
    (void)volume_.write_slot(*region);
    if (give_room_back) {
      (void)volume_.file().discard(volume_.geometry().region_at(*region), volume_.geometry().region_size);
    }
  };
  co_await on_line(free);
  regions.add(DiskCount::recycled);
}

// Writes again what is worth it, newest first; large objects are not: their extents lie in many regions.
event::Task<void> DiskStore::keep(DiskIndex& index, uint32_t region, const Summary& summary) {
  const uint32_t generation = volume_.regions().at(region).generation.load(std::memory_order_acquire);
  uint64_t budget = volume_.geometry().region_size / kKeptPart;
  std::vector<KeptRecord> batch;
  for (size_t i = summary.size(); i-- > 0;) {
    const SummaryEntry& entry = summary[i];
    DiskLocation where{region, generation & DiskLocation::kGenerationMask, entry.offset};
    if (entry.body_size > budget || !index.is_worth_keeping(entry.digest, where.pack())) continue;
    batch.push_back({where, entry.digest, {}, 0});
    budget -= entry.body_size;
    if (batch.size() < kKeptBatch && i != 0) continue;
    std::vector<KeptRecord>& records = batch;
    co_await keep_batch(index, records);
    batch.clear();
  }
  if (batch.empty()) co_return;
  std::vector<KeptRecord>& rest = batch;
  co_await keep_batch(index, rest);
}

event::Task<void> DiskStore::keep_batch(DiskIndex& index, std::vector<KeptRecord>& batch) {
  DiskStorePtr self = shared_from_this();
  std::function<void()> read = [&] {
    for (KeptRecord& record : batch) {
      DiskLookup lookup;
      lookup.store = self;
      lookup.where = record.from;
      lookup.any_key = true;
      lookup.run(false);
      if (lookup.outcome != DiskRead::done || !lookup.record->extents.empty()) continue;
      record.image = RecordImage::again(std::move(lookup.bytes));
    }
  };
  co_await on_thread(read);
  size_t under_way = 1;
  event::Answer<bool> all(loop_.ready());
  auto one_less = [&under_way, &all] {
    if (--under_way == 0) all.give(true);
  };
  for (KeptRecord& record : batch) {
    if (!record.image) continue;
    ++under_way;
    bool queued = submit(std::move(record.image), [&record, one_less](uint64_t to) {
      record.to = to;
      one_less();
    });
    if (!queued) one_less();
  }
  one_less();
  co_await all;
  for (const KeptRecord& record : batch) {
    if (record.to == 0) continue;
    index.on_moved(record.digest, record.from.pack(), record.to);
    volume_.regions().add(DiskCount::kept);
  }
}

}  // namespace cache
