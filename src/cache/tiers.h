// A zone with its disk: what is stored in memory goes out behind it, what memory gives up stays on the disk,
// what is asked for again comes back. One per zone and process; in the loop only; never fails a request.
//
// What is complete in memory is queued and written soon; while it is written it is pinned, so that it gets
// its location before it can be evicted. More than the disk takes is not written: a key purge then covers
// what an older record of it may say at the next start.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/log.h"
#include "cache/disk_store.h"
#include "cache/zone.h"

namespace cache {

/// An object found on the disk.
struct OnDisk {
  OnDisk() = default;
  OnDisk(DiskFound disk_found, const Facts& its_facts, EntryKind its_kind)
      : found(std::move(disk_found)), facts(its_facts), kind(its_kind) {}
  DiskFound found;
  Facts facts;
  EntryKind kind = EntryKind::unpublished;
  explicit operator bool() const { return static_cast<bool>(found); }
};

class Tiers final : public ZoneMirror, public DiskIndex, private event::Ready {
 public:
  /// Objects waiting to be written; more are not.
  static constexpr size_t kMostQueued = 16384;

  struct Identity {
    std::string name;  ///< of the zone, for the log
    std::string path;  ///< of the store's folder
  };
  Tiers(event::Loop& loop, base::Log& log, Zone& zone, DiskStorePtr store, const Identity& identity);
  ~Tiers() override;
  Tiers(const Tiers&) = delete;
  Tiers& operator=(const Tiers&) = delete;

  /// Opens the store in a worker; tried again until it is mounted.
  void attach();
  /// Mounts the store, loads the index while traffic is served, then keeps it up: for the keeper, until
  /// stop().
  void keep();
  /// Told in the keeper when others can open the store, or it turns out that they cannot …
  void on_mounted(std::function<void()> tell) { tell_mounted_ = std::move(tell); }
  /// … and they look then.
  void look() { store_->look(); }
  /// Writes what waits and closes the store; `done` when that is on the disk.
  void stop(std::function<void()> done);

  /// The object with that digest at that place. One that is a marker, or is asked for again and small, is put
  /// into memory as well. Nothing there: the location is forgotten.
  event::Task<OnDisk> find(uint64_t location, const base::Digest& digest, std::string_view key, bool promote);

  /// Writes an object as its body comes, beside memory: for what memory cannot take. Empty: not now, or
  /// never one of `size` bytes.
  DiskWriter begin(const base::Digest& digest, std::string_view key, std::string_view head,
                   const Facts& facts, std::optional<uint64_t> size);
  /// A 304: a record with new facts and a new head that leads to the same extents takes the place of the one
  /// that was found; `done` when it did, or could not. False, without `done`: it has no extents, and is
  /// stored anew as easily; or not now.
  bool renew(const DiskFound& found, const Facts& facts, std::string_view head, std::function<void()> done);
  /// Its record was written, but it is not wanted any more: a restart must not find it.
  void drop(const base::Digest& digest) { on_purged(digest, true); }

  /// Remembers purges on the disk; `done`: whether they are there.
  void purge(std::vector<PurgeOrder> orders, std::function<void(bool)> done) {
    event::spawn(purge_when_open(std::move(orders), std::move(done)));
  }
  /// Hears every purge that a restart finds remembered: those by tag, prefix and expression are to be put in
  /// force again. In the keeper.
  void on_remembered(std::function<void(const PurgeOrder&)> hear) { hear_ = std::move(hear); }
  /// What a dead process held of the store.
  void release_process(shm::ProcessIndex process) { store_->release_process(process); }

  DiskStore& store() { return *store_; }
  DiskStorePtr shared_store() { return store_; }
  Zone& zone() { return zone_; }
  event::Loop& loop() { return loop_; }
  size_t waiting() const { return queue_.size() + writes_.size(); }

  // ZoneMirror
  void on_stored(const base::Digest& digest, bool replaced) override;
  void on_purged(const base::Digest& digest, bool known) override;
  // DiskIndex
  void on_loaded(std::span<const LoadedObject> objects) override;
  void on_purge(const PurgeOrder& order) override;
  bool is_worth_keeping(const base::Digest& digest, uint64_t location) override;
  void on_moved(const base::Digest& digest, uint64_t from, uint64_t to) override;

 private:
  event::Task<void> purge_when_open(std::vector<PurgeOrder> orders, std::function<void(bool)> done);
  struct Waiting {
    base::Digest digest;
    bool replaced = false;
  };
  /// An object on its way to the disk.
  struct Write;

  void on_ready() override { write(); }
  void write();
  bool write_one(const Waiting& next);
  void pump(Write& write);
  void written(uint64_t number, uint64_t location);
  void not_written(const Waiting& of);
  void write_purges();
  bool promote(const OnDisk& found, const base::Digest& digest, uint64_t location);
  void end_if_done();
  static void on_retry(void* owner);
  static void on_round(void* owner);
  event::Task<void> round();
  void tell();
  void save_seed();

  event::Loop& loop_;
  base::Log& log_;
  Zone& zone_;
  DiskStorePtr store_;
  Identity identity_;
  std::deque<Waiting> queue_;
  std::unordered_map<uint64_t, std::unique_ptr<Write>> writes_;
  uint64_t next_write_ = 0;
  std::vector<PurgeOrder> purges_;  // of keys, that wait for the store to be open
  size_t purges_under_way_ = 0;
  uint64_t bytes_under_way_ = 0;
  const uint64_t most_under_way_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what the store answers after us
  event::Timer retry_;
  event::Timer round_;  // keeper
  std::function<void()> tell_mounted_;
  bool mounted_ = false;
  bool seed_saved_ = false;
  bool stopping_ = false;
  int last_tries_ = 0;
  bool in_round_ = false;
  bool told_ = false;     // that the disk fails
  std::string told_why_;  // why it cannot be opened
  std::function<void()> stopped_;
  std::function<void(const PurgeOrder&)> hear_;
};

/// What an object on the disk says of its response, as Facts; nothing when another version wrote it.
std::string write_stored_facts(const Facts& facts);
std::optional<Facts> read_stored_facts(std::string_view text);

/// The object a zone's record is: `head` and `facts` stay where they are. Tags and URI are what the head
/// says.
DiskObject disk_object(const base::Digest& digest, std::string_view key, std::string_view head,
                       std::string_view facts_text, const Facts& facts, EntryKind kind,
                       std::vector<uint64_t>& tags);

/// The seed of the digests of the store in `folder`, as a keeper saved it; nothing on the first start. For
/// the master: follows no link.
std::optional<uint64_t> read_saved_seed(const std::string& folder);

}  // namespace cache
