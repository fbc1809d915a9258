#include "cache/tiers.h"

#include <algorithm>
#include <cstring>

#include "cache/purge_orders.h"
#include "cache/stored_body.h"
#include "cache/stored_marks.h"
#include "event/sleep.h"

namespace cache {

namespace {

/// A body up to this is handed over in one piece; a larger one goes out from where it lies.
constexpr uint64_t kOnePiece = 256 * 1024;
constexpr uint64_t kMostUnderWay = 8 << 20;
constexpr base::Duration kRetry{100};
constexpr base::Duration kOpenRetry{10};
constexpr int kPurgeTries = 500;
/// A process that ends waits so often for a store that is just being opened.
constexpr int kLastTries = 20;
/// A promoted object takes at most this part of the memory.
constexpr uint64_t kPromotedPart = 16;

struct FactsHeader {
  uint32_t version;
  uint32_t size;
};
static_assert(std::is_trivially_copyable_v<Facts>);

}  // namespace

std::string write_stored_facts(const Facts& facts) {
  FactsHeader header{kZoneLayout, sizeof(Facts)};
  std::string text(reinterpret_cast<const char*>(&header), sizeof header);
  return text.append(reinterpret_cast<const char*>(&facts), sizeof facts);
}

std::optional<Facts> read_stored_facts(std::string_view text) {
  FactsHeader header;
  if (text.size() != sizeof header + sizeof(Facts)) return std::nullopt;
  std::memcpy(&header, text.data(), sizeof header);
  if (header.version != kZoneLayout || header.size != sizeof(Facts)) return std::nullopt;
  Facts facts;
  std::memcpy(static_cast<void*>(&facts), text.data() + sizeof header, sizeof facts);
  return facts;
}

DiskObject disk_object(const base::Digest& digest, std::string_view key, std::string_view head,
                       std::string_view facts_text, const Facts& facts, EntryKind kind,
                       std::vector<uint64_t>& tags) {
  DiskObject object;
  object.digest = digest;
  object.key = key;
  object.facts = facts_text;
  object.head = head;
  object.kind = static_cast<uint8_t>(kind);
  object.stored_at = static_cast<uint32_t>(facts.freshness.received);
  object.expires = static_cast<uint32_t>(
      std::min<int64_t>(facts.freshness.received + facts.freshness.lifetime, UINT32_MAX));
  StoredMarks marks = kind == EntryKind::object ? read_stored_marks(head) : StoredMarks();
  object.uri = uri_digest(marks.uri.empty() ? key : marks.uri);
  tags.resize(marks.tag_bytes.size() / sizeof(uint64_t));
  if (!tags.empty()) std::memcpy(tags.data(), marks.tag_bytes.data(), tags.size() * sizeof(uint64_t));
  object.tags = tags;
  return object;
}

struct Tiers::Write final : event::Ready {
  Write(Tiers& of, const Waiting& what) : tiers(of), waiting(what) {}
  void on_ready() override { tiers.pump(*this); }

  Tiers& tiers;
  Waiting waiting;
  uint64_t number = 0;
  uint64_t charge = 0;
  EntryRef ref;
  Pin pin;
  // One that goes out piece by piece:
  DiskWriter writer;
  std::optional<Cursor> cursor;
  uint64_t left = 0;
};

Tiers::Tiers(event::Loop& loop, base::Log& log, Zone& zone, DiskStorePtr store, const Identity& identity)
    : loop_(loop),
      log_(log),
      zone_(zone),
      store_(std::move(store)),
      identity_(identity),
      most_under_way_(std::min<uint64_t>(kMostUnderWay, zone.largest_object() / 4)),
      retry_(loop, on_retry, this),
      round_(loop, on_round, this) {
  zone_.set_mirror(this);
}

Tiers::~Tiers() {
  *alive_ = false;
  zone_.set_mirror(nullptr);
  writes_.clear();
  store_->drop();
}

void Tiers::attach() { store_->attach(nullptr); }

// ---- out

void Tiers::on_stored(const base::Digest& digest, bool replaced) {
  Waiting waiting;
  waiting.digest = digest;
  waiting.replaced = replaced;
  if (queue_.size() >= kMostQueued) return not_written(waiting);
  queue_.push_back(waiting);
  loop_.post(*this);
}

// Without a newer record the older one would come back at the next start.
void Tiers::not_written(const Waiting& of) {
  if (!of.replaced && !store_->totals().loading) return;
  PurgeOrder order;
  order.digest = of.digest;
  order.time = static_cast<uint32_t>(loop_.clock().wall_seconds());
  if (purges_.size() < kMostQueued) purges_.push_back(order);
  loop_.post(*this);
}

void Tiers::write_purges() {
  if (purges_.empty() || !store_->attached()) return;
  ++purges_under_way_;
  store_->purge(std::exchange(purges_, {}), [this, alive = alive_](bool) {
    if (!*alive) return;
    --purges_under_way_;
    if (stopping_) loop_.post(*this);
  });
}

// Right after the start the keeper has not mounted the store yet: the purge waits for it, since "not written"
// would be told of an order that only came early.
event::Task<void> Tiers::purge_when_open(std::vector<PurgeOrder> orders, std::function<void(bool)> done) {
  std::shared_ptr<bool> alive = alive_;
  for (int tries = 0; tries < kPurgeTries && !store_->attached() && !stopping_; ++tries) {
    (void)store_->accepts();
    co_await event::sleep_for(loop_, kOpenRetry, nullptr);
    if (!*alive) {
      done(false);
      co_return;
    }
  }
  store_->purge(std::move(orders), std::move(done));
}

void Tiers::on_purged(const base::Digest& digest, bool known) {
  Waiting waiting;
  waiting.digest = digest;
  waiting.replaced = known;
  not_written(waiting);
}

void Tiers::write() {
  write_purges();
  while (!queue_.empty() && (writes_.empty() || bytes_under_way_ < most_under_way_)) {
    if (!store_->accepts()) {
      if (stopping_ && ++last_tries_ > kLastTries) queue_.clear();
      if (!retry_.active() && !queue_.empty()) retry_.start(kRetry);
      break;
    }
    Waiting next = queue_.front();
    queue_.pop_front();
    if (!write_one(next)) not_written(next);
  }
  write_purges();
  if (!purges_.empty() && !retry_.active() && !stopping_) {
    (void)store_->accepts();
    retry_.start(kRetry);
  }
  end_if_done();
}

DiskWriter Tiers::begin(const base::Digest& digest, std::string_view key, std::string_view head,
                        const Facts& facts, std::optional<uint64_t> size) {
  if (stopping_) return DiskWriter();
  std::string facts_text = write_stored_facts(facts);
  std::vector<uint64_t> tags;
  DiskObject object = disk_object(digest, key, head, facts_text, facts, EntryKind::object, tags);
  return DiskWriter::begin(store_, object, size);
}

bool Tiers::renew(const DiskFound& found, const Facts& facts, std::string_view head,
                  std::function<void()> done) {
  if (found.extents().empty() || stopping_) return false;
  const base::Digest digest = found.object().digest;
  const uint64_t from = found.location();
  std::string facts_text = write_stored_facts(facts);
  std::vector<uint64_t> tags;
  DiskObject object =
      disk_object(digest, found.object().key, head, facts_text, facts, EntryKind::object, tags);
  DiskVolume& volume = store_->volume();
  std::unique_ptr<RecordImage> image = RecordImage::object(
      volume.geometry(), object, {}, found.extents(), found.body_size(), volume.regions().next_sequence());
  if (!image) return false;
  return store_->submit(std::move(image),
                        [this, alive = alive_, digest, from, then = std::move(done)](uint64_t to) {
                          if (!*alive) return;
                          // Replaced or purged meanwhile: a restart must not find this record.
                          if (to != 0 && !zone_.replace_on_disk(digest, from, to)) drop(digest);
                          then();
                        });
}

void Tiers::on_retry(void* owner) { static_cast<Tiers*>(owner)->write(); }

bool Tiers::write_one(const Waiting& next) {
  Zone::Copy copy = zone_.copy(next.digest, kOnePiece);
  // Evicted already, or purged; or it was read from the disk.
  if (!copy) return false;
  if (copy.location != 0) return true;
  std::string facts = write_stored_facts(copy.facts);
  std::vector<uint64_t> tags;
  DiskObject object = disk_object(next.digest, copy.key, copy.head, facts, copy.facts, copy.kind, tags);
  auto write = std::make_unique<Write>(*this, next);
  write->number = ++next_write_;
  write->charge = std::min<uint64_t>(copy.body_size, DiskWriter::kAhead);
  write->ref = copy.ref;
  write->pin = std::move(copy.pin);
  if (copy.body_size > kOnePiece) {
    write->writer = DiskWriter::begin(store_, object, copy.body_size);
    if (!write->writer) return false;
    write->writer.set_waiter(write.get());
    write->cursor.emplace(write->pin);
    write->left = copy.body_size;
  } else {
    bool taken = store_->put(object, std::move(copy.body),
                             [this, alive = alive_, number = write->number](uint64_t location) {
                               if (*alive) written(number, location);
                             });
    if (!taken) return false;
  }
  bytes_under_way_ += write->charge;
  Write& started = *write;
  writes_.emplace(write->number, std::move(write));
  if (started.cursor) pump(started);
  return true;
}

void Tiers::pump(Write& write) {
  iovec pieces[8];
  while (write.left > 0) {
    if (!write.writer.wants_more()) return;
    int count = write.cursor->pieces(std::span(pieces, 1), std::min<uint64_t>(write.left, kOnePiece));
    if (count == 0 ||
        !write.writer.append({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len})) {
      written(write.number, 0);
      return;
    }
    write.cursor->advance(pieces[0].iov_len);
    write.left -= pieces[0].iov_len;
  }
  DiskWriter writer = std::move(write.writer);
  writer.finish([this, alive = alive_, number = write.number](uint64_t location) {
    if (*alive) written(number, location);
  });
}

void Tiers::written(uint64_t number, uint64_t location) {
  auto found = writes_.find(number);
  if (found == writes_.end()) return;
  std::unique_ptr<Write> write = std::move(found->second);
  writes_.erase(found);
  bytes_under_way_ -= write->charge;
  // Replaced or purged meanwhile: a newer record comes, or a purge covers this one.
  if (location != 0) zone_.set_location(write->ref, location);
  if (location == 0) not_written(write->waiting);
  write.reset();
  if (!queue_.empty() || stopping_) loop_.post(*this);
}

void Tiers::stop(std::function<void()> done) {
  stopping_ = true;
  stopped_ = std::move(done);
  round_.stop();
  if (store_->totals().offline || !store_->totals().mounted) queue_.clear();
  write();
}

void Tiers::end_if_done() {
  if (!stopping_ || !stopped_) return;
  if (!queue_.empty() || !writes_.empty() || purges_under_way_ != 0) return;
  store_->close(std::exchange(stopped_, nullptr));
}

// ---- in

event::Task<OnDisk> Tiers::find(uint64_t location, const base::Digest& digest, std::string_view key,
                                bool may_promote) {
  bool is_open = co_await store_->opened();
  if (!is_open) co_return OnDisk();
  DiskFound found = co_await store_->find(location, digest, key);
  OnDisk on_disk;
  if (found) {
    std::optional<Facts> facts = read_stored_facts(found.object().facts);
    auto kind = static_cast<EntryKind>(found.object().kind);
    if (facts) on_disk = OnDisk(std::move(found), *facts, kind);
  }
  if (!on_disk) {
    // While the disk rests the location stays: the object is there when it is back.
    if (!store_->totals().offline) zone_.forget_location(digest, location);
    co_return on_disk;
  }
  if (may_promote || on_disk.kind == EntryKind::marker) (void)promote(on_disk, digest, location);
  co_return on_disk;
}

bool Tiers::promote(const OnDisk& found, const base::Digest& digest, uint64_t location) {
  std::optional<std::string_view> body = found.found.whole_body();
  if (!body || body->size() > zone_.largest_object() / kPromotedPart) return false;
  Writer::Object object;
  object.digest = digest;
  object.key = found.found.object().key;
  object.head = found.found.object().head;
  object.facts = found.facts;
  object.kind = found.kind;
  object.body_size = body->size();
  object.location = location;
  Writer writer = Writer::begin(zone_, object, static_cast<uint32_t>(loop_.clock().wall_seconds()));
  return writer && writer.append(*body) && writer.finish();
}

}  // namespace cache
