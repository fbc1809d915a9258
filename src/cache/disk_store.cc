#include "cache/disk_store.h"

#include "cache/disk_scan.h"

namespace cache {

/// Somebody who waits until the store is open here.
class DiskStore::Opening final : public base::ListNode<Opening> {
 public:
  explicit Opening(DiskStore& store) : answer_(store.loop_.ready()), timer_(store.loop_, on_timeout, this) {
    store.openings_.push_back(*this);
    timer_.start(base::Duration{std::max<base::MonoTime>(store.patient_until_ - store.loop_.now(), 0)});
  }
  event::Answer<bool>& answer() { return answer_; }
  void tell(bool open) {
    timer_.stop();
    answer_.give(open);
  }

 private:
  static void on_timeout(void* self) {
    Opening& opening = *static_cast<Opening*>(self);
    opening.unlink();
    opening.answer_.give(false);
  }

  event::Answer<bool> answer_;
  event::Timer timer_;
};

struct DiskStore::Batch {
  std::vector<Queued> queued;
  std::vector<DiskLog::Item> items;
  base::Result<void> outcome;
};

DiskStorePtr DiskStore::make(event::Loop& loop, event::DiskThreads& threads,
                             std::unique_ptr<DiskFolder> folder, const DiskSettings& settings,
                             shm::Mapping mapping, shm::ProcessIndex process) {
  return DiskStorePtr(new DiskStore(loop, threads, std::move(folder), settings, std::move(mapping), process));
}

DiskStore::DiskStore(event::Loop& loop, event::DiskThreads& threads, std::unique_ptr<DiskFolder> folder,
                     const DiskSettings& settings, shm::Mapping mapping, shm::ProcessIndex process)
    : loop_(loop),
      threads_(threads),
      folder_(std::move(folder)),
      mapping_(std::move(mapping)),
      volume_(*folder_, settings, mapping_.memory()),
      log_(volume_, process),
      log_line_(threads),
      purge_line_(threads),
      patient_until_(loop.now() + kOpenPatience.count()),
      sync_timer_(
          loop, [](void* store) { static_cast<DiskStore*>(store)->sync(); }, this) {}

DiskStore::~DiskStore() = default;

void DiskStore::start(bool mount, std::function<void(const base::Result<void>&)> done) {
  attaching_ = true;
  auto outcome = std::make_shared<base::Result<void>>();
  log_line_.run([self = shared_from_this(), mount,
                 outcome] { *outcome = mount ? self->volume_.mount() : self->volume_.attach(); },
                [self = shared_from_this(), outcome, was_mounted = mounted(), then = std::move(done)] {
                  self->attached_ = outcome->has_value();
                  self->on_started(was_mounted);
                  if (then) then(*outcome);
                });
}

void DiskStore::on_started(bool was_mounted) {
  attaching_ = false;
  refused_ = !attached_ && was_mounted;
  if (attached_) {
    purges_ =
        std::make_unique<PurgeLog>(*folder_, volume_.seed(), purge_log_size(volume_.settings().max_size));
  } else if (!was_mounted && mounted()) {
    return start(false, nullptr);  // while we tried; the word of it came too early for us
  }
  tell_openings();
}

bool DiskStore::mounted() const {
  return volume_.regions().header().mount.load(std::memory_order_acquire) == DiskHeader::Mount::mounted;
}

bool DiskStore::opens_soon() const {
  if (attached_ || refused_ || closing_ || loop_.now() >= patient_until_) return false;
  return volume_.regions().header().mount.load(std::memory_order_acquire) != DiskHeader::Mount::refused;
}

event::Task<bool> DiskStore::opened() {
  if (attached_) co_return true;
  DiskStorePtr self = shared_from_this();
  (void)accepts();
  if (!opens_soon()) co_return false;
  Opening opening(*this);
  event::Answer<bool>& answer = opening.answer();
  bool open = co_await answer;
  co_return open;
}

void DiskStore::tell_openings() {
  if (opens_soon()) return;
  while (Opening* opening = openings_.pop_front()) opening->tell(attached_);
}

void DiskStore::look() {
  (void)accepts();
  tell_openings();
}

void DiskStore::mount(std::function<void(const base::Result<void>&)> done) { start(true, std::move(done)); }
void DiskStore::attach(std::function<void(const base::Result<void>&)> done) { start(false, std::move(done)); }

bool DiskStore::offline() {
  std::atomic<int64_t>& until = volume_.regions().header().offline_until;
  return until.load(std::memory_order_relaxed) > loop_.now();
}

bool DiskStore::accepts() {
  if (attached_) return !closing_ && !offline();
  if (attaching_ || loop_.now() < next_attach_ || !mounted()) return false;
  next_attach_ = loop_.now() + 100;
  start(false, nullptr);
  return false;
}

// Failures in a row, of whatever process: a disk that is ill is left alone for a while, then tried again.
void DiskStore::note(const base::Result<void>& outcome, DiskCount count) {
  DiskHeader& header = volume_.regions().header();
  if (outcome) {
    if (header.failures.load(std::memory_order_relaxed) != 0)
      header.failures.store(0, std::memory_order_relaxed);
    return;
  }
  volume_.regions().add(count);
  if (outcome.error().code == ENOSPC) volume_.regions().add(DiskCount::no_space);
  if (header.failures.fetch_add(1, std::memory_order_relaxed) + 1 < kMostFailures) return;
  // The first try afterwards that fails ends it again.
  header.failures.store(kMostFailures - 1, std::memory_order_relaxed);
  header.offline_until.store(loop_.now() + kOfflineFor.count(), std::memory_order_relaxed);
  volume_.regions().add(DiskCount::offline);
}

void DiskStore::count_read(DiskRead outcome, bool torn) {
  DiskRegions& regions = volume_.regions();
  if (torn) regions.add(DiskCount::torn);
  switch (outcome) {
    case DiskRead::done: return regions.add(DiskCount::found);
    case DiskRead::gone: return regions.add(DiskCount::stale);
    default: return note(base::fail_errno(EIO, "reading"), DiskCount::read_errors);
  }
}

event::Task<void> DiskStore::on_line(const std::function<void()>& work) {
  event::Answer<bool> done(loop_.ready());
  log_line_.run(work, [&done] { done.give(true); });
  co_await done;
}

event::Task<void> DiskStore::on_thread(const std::function<void()>& work) {
  event::Answer<bool> done(loop_.ready());
  threads_.run(work, [&done] { done.give(true); });
  co_await done;
}

event::Task<DiskFound> DiskStore::find(uint64_t location, const base::Digest& digest, std::string_view key) {
  if (location == 0 || !attached_ || offline()) co_return DiskFound();
  auto lookup = std::make_shared<DiskLookup>();
  lookup->store = shared_from_this();
  lookup->where = DiskLocation::unpack(location);
  lookup->digest = digest;
  lookup->key = key;
  lookup->run(true);
  if (lookup->outcome == DiskRead::not_now) {
    std::function<void()> work = [lookup] { lookup->run(false); };
    co_await on_thread(work);
  }
  count_read(lookup->outcome, lookup->torn);
  if (lookup->outcome != DiskRead::done) co_return DiskFound();
  co_return DiskFound(std::move(lookup));
}

event::Task<DiskFound> DiskStore::look(uint64_t location, const base::Digest& digest) {
  if (location == 0 || !attached_ || offline()) co_return DiskFound();
  auto lookup = std::make_shared<DiskLookup>();
  lookup->store = shared_from_this();
  lookup->where = DiskLocation::unpack(location);
  lookup->any_key = true;
  lookup->run(true);
  if (lookup->outcome == DiskRead::not_now) {
    std::function<void()> work = [lookup] { lookup->run(false); };
    co_await on_thread(work);
  }
  if (lookup->outcome != DiskRead::done || lookup->record->object.digest != digest) co_return DiskFound();
  co_return DiskFound(std::move(lookup));
}

event::Task<DiskStore::Checked> DiskStore::check(uint32_t region) {
  Checked checked;
  if (!attached_ || offline() || region >= volume_.regions().count()) co_return checked;
  const DiskRegion& table = volume_.regions().at(region);
  uint32_t generation = table.generation.load();
  uint32_t end = table.end.load();
  RegionState state = table.state();
  if (end == 0 || state == RegionState::fresh || state == RegionState::free) co_return checked;
  auto scanned = std::make_shared<ScannedRegion>();
  std::shared_ptr<DiskStore> self = shared_from_this();
  std::function<void()> work = [self, scanned, region, generation, end] {
    *scanned = scan_region(self->volume_, region, generation, end);
  };
  co_await on_thread(work);
  if (table.generation.load() != generation) co_return checked;
  checked.read = true;
  checked.whole = state != RegionState::orphan && state != RegionState::sealing;
  checked.objects = scanned->summary.size();
  // Behind a damaged header nothing is found.
  checked.damaged = scanned->torn != 0 ? scanned->torn : scanned->end < end ? 1 : 0;
  co_return checked;
}

bool DiskStore::put(const DiskObject& object, std::string body, Done done) {
  if (!accepts()) {
    volume_.regions().add(DiskCount::refused);
    return false;
  }
  uint64_t size = body.size();
  if (size > volume_.geometry().largest_piece()) {
    DiskWriter writer = DiskWriter::begin(shared_from_this(), object);
    if (!writer.append(body)) return false;
    writer.finish(std::move(done));
    return true;
  }
  std::unique_ptr<RecordImage> image = RecordImage::object(volume_.geometry(), object, std::move(body), {},
                                                           size, volume_.regions().next_sequence());
  return image && submit(std::move(image), std::move(done));
}

void DiskStore::begin_writing(uint64_t sequence) {
  unfinished_.insert(sequence);
  volume_.set_unfinished(*unfinished_.begin());
}

void DiskStore::end_writing(uint64_t sequence) {
  unfinished_.erase(unfinished_.find(sequence));
  volume_.set_unfinished(unfinished_.empty() ? UINT64_MAX : *unfinished_.begin());
}

bool DiskStore::is_busy(StoreWaiter& waiter) {
  if (queued_bytes_ < kBusy) return false;
  waiters_.push_back(waiter);
  return true;
}

bool DiskStore::submit(std::unique_ptr<RecordImage>&& image, Done done) {
  size_t size = image->header().length;
  if (!accepts() || queued_bytes_ + size > kMostQueued) {
    volume_.regions().add(DiskCount::refused);
    return false;
  }
  queued_bytes_ += size;
  queue_.push_back({std::move(image), std::move(done)});
  write_queued();
  return true;
}

// One batch at a time: while it is written the next one gathers.
void DiskStore::write_queued() {
  if (writing_ || queue_.empty()) return;
  writing_ = true;
  auto batch = std::make_shared<Batch>();
  batch->queued.swap(queue_);
  for (Queued& queued : batch->queued) batch->items.push_back({queued.image.get(), 0});
  log_line_.run([self = shared_from_this(), batch] { batch->outcome = self->log_.append(batch->items); },
                [self = shared_from_this(), batch] { self->on_batch(*batch); });
}

void DiskStore::on_batch(Batch& batch) {
  writing_ = false;
  note(batch.outcome, DiskCount::write_errors);
  if (!sync_timer_.active()) sync_timer_.start(kSyncAfter);
  for (const Queued& queued : batch.queued) queued_bytes_ -= queued.image->header().length;
  for (size_t i = 0; i < batch.items.size(); ++i) {
    if (batch.queued[i].done) batch.queued[i].done(batch.items[i].location);
  }
  write_queued();
  while (queued_bytes_ < kBusy && !waiters_.empty()) {
    StoreWaiter* waiter = waiters_.pop_front();
    if (waiter->reader != nullptr) loop_.post(*waiter->reader);
  }
}

void DiskStore::sync() {
  auto outcome = std::make_shared<int>(0);
  threads_.run([self = shared_from_this(), outcome] { *outcome = self->volume_.file().sync(); },
               [self = shared_from_this(), outcome] {
                 base::Result<void> result;
                 if (*outcome != 0) result = base::fail_errno(-*outcome, "fdatasync()");
                 self->note(result, DiskCount::write_errors);
               });
}

void DiskStore::purge(std::vector<PurgeOrder> orders, std::function<void(bool)> done) {
  for (PurgeOrder& order : orders) {
    if (order.sequence == 0) order.sequence = volume_.regions().next_sequence();
  }
  std::move(orders.begin(), orders.end(), std::back_inserter(orders_));
  orders_done_.push_back(std::move(done));
  if (purge_line_.idle()) write_purges();
}

void DiskStore::write_purges() {
  if (orders_done_.empty()) return;
  struct Purges {
    std::vector<PurgeOrder> orders;
    std::vector<std::function<void(bool)>> done;
    base::Result<void> outcome;
  };
  auto batch = std::make_shared<Purges>();
  batch->orders.swap(orders_);
  batch->done.swap(orders_done_);
  purge_line_.run(
      [self = shared_from_this(), batch, attached = attached_] {
        if (!attached) {
          batch->outcome = base::fail("the disk store is not open");
          return;
        }
        batch->outcome = self->purges_->append(batch->orders, self->volume_.regions().oldest_sequence());
        if (batch->outcome) self->volume_.regions().header().purges.fetch_add(1, std::memory_order_seq_cst);
      },
      [self = shared_from_this(), batch, attached = attached_] {
        if (attached) self->note(batch->outcome, DiskCount::write_errors);
        for (const std::function<void(bool)>& done : batch->done) {
          if (done) done(batch->outcome.has_value());
        }
        self->write_purges();
      });
}

void DiskStore::close(std::function<void()> done) {
  closing_ = true;
  tell_openings();
  sync_timer_.stop();
  // Behind the batch that is being written comes the one that gathered.
  if (writing_) {
    auto wait = std::make_shared<std::function<void()>>(std::move(done));
    return log_line_.run([] {}, [self = shared_from_this(), wait] { self->close(std::move(*wait)); });
  }
  log_line_.run([self = shared_from_this()] { (void)self->log_.seal(true); },
                [then = std::move(done)] {
                  if (then) then();
                });
}

void DiskStore::drop() {
  closing_ = true;
  tell_openings();
  sync_timer_.stop();
  log_line_.drop();
  purge_line_.drop();
  std::vector<Queued> queue = std::move(queue_);
  std::vector<std::function<void(bool)>> done = std::move(orders_done_);
}

DiskTotals DiskStore::totals() {
  DiskRegions& regions = volume_.regions();
  DiskHeader& header = regions.header();
  DiskTotals totals;
  totals.mounted = mounted();
  if (!totals.mounted) return totals;
  totals.offline = offline();
  totals.loading = header.loading.load(std::memory_order_relaxed) != 0;
  totals.regions = regions.count();
  totals.used_regions =
      totals.regions - regions.in_state(RegionState::fresh) - regions.in_state(RegionState::free);
  totals.size = uint64_t{totals.used_regions} * volume_.geometry().region_size;
  for (size_t i = 0; i < static_cast<size_t>(DiskCount::kCount); ++i) {
    totals.counts[i] = regions.count_of(static_cast<DiskCount>(i));
  }
  return totals;
}

}  // namespace cache
