// The disk store of one cache zone as one process has it: objects by the place an index keeps for them, in a
// bounded log of regions (disk_region.h) that several processes write at once. Nothing here blocks the loop,
// and nothing fails a request: what the disk does not give is not found, what it does not take is not stored.
//
// How a zone uses it (`Entry.location` is the place):
// - lookup: an entry without memory and with a location: `DiskFound found = co_await store.find(…)`. Nothing
//   found: clear the location if it is still that one, go on as a miss. Try the standing purges against
//   found.sequence() and found.object().tags, then use facts, head and body().
// - fill: what is stored in memory goes out by put(); what is too large for memory goes through a DiskWriter
//   while it comes (DiskIntake), and readers along read its extents (DiskBody). The place goes into the entry
//   when `done` says it, if the entry is still that object's.
// - replacing or dropping an object whose place is lost with it, without a newer one on the disk: purge() its
//   key, or a restart finds the old one again.
// - purge: purge() first, then the index; the answer to the client when `done` said yes.
// - promotion: a found object that is small and used again is stored in memory from head and whole_body();
// its
//   location stays, so that eviction from memory costs no write.
// - keeper: mount(), load() while traffic is served, maintain() every second, release_process() for the dead.
// - worker: attach() when it starts; a store that is not mounted yet accepts nothing and finds nothing.
// - stop: close() in every process.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/list.h"
#include "cache/disk_line.h"
#include "cache/disk_loader.h"
#include "cache/disk_reader.h"
#include "cache/disk_writer.h"
#include "event/loop.h"
#include "event/task.h"
#include "shm/segment.h"

namespace cache {

/// What the store asks an index and tells it. Called in the keeper's loop.
class DiskIndex {
 public:
  virtual ~DiskIndex() = default;
  /// Objects that are on the disk. One that the index has already stays, unless DiskStore::is_newer() says
  /// no.
  virtual void on_loaded(std::span<const LoadedObject> objects) = 0;
  /// A purge that was remembered, or that came while loading: what of it was loaded goes again.
  virtual void on_purge(const PurgeOrder& order) = 0;
  /// Its region is recycled: whether the object there is still this digest's and worth being written again.
  virtual bool is_worth_keeping(const base::Digest& digest, uint64_t location) = 0;
  /// It was written again; from now on it is there, if it is still where it was.
  virtual void on_moved(const base::Digest& digest, uint64_t from, uint64_t to) = 0;
};

/// Who waits for the store to have room for more.
struct StoreWaiter : base::ListNode<DiskStore> {
  event::Ready* reader = nullptr;
};

struct DiskTotals {
  uint64_t size = 0;  ///< bytes the store uses of max_size
  uint32_t regions = 0, used_regions = 0;
  bool offline = false, loading = false, mounted = false;
  uint64_t counts[static_cast<size_t>(DiskCount::kCount)] = {};
};

class DiskStore : public std::enable_shared_from_this<DiskStore> {
 public:
  using Done = std::function<void(uint64_t location)>;

  static constexpr size_t kMostQueued = 16 << 20;   ///< bytes on their way to the disk, in one process …
  static constexpr size_t kBusy = kMostQueued / 4;  ///< … above which writers wait
  static constexpr base::Duration kOpenPatience{10000};  ///< of a process that has just started, all told
  static constexpr base::Duration kSyncAfter{500};       ///< what was written is synced this much later
  static constexpr uint32_t kMostFailures = 8;           ///< in a row: the store goes offline …
  static constexpr base::Duration kOfflineFor{10000};    ///< … for this long, in all processes

  /// `mapping`: a segment of DiskRegions::bytes(), formatted by DiskRegions::format(), layout kDiskLayout.
  static DiskStorePtr make(event::Loop& loop, event::DiskThreads& threads, std::unique_ptr<DiskFolder> folder,
                           const DiskSettings& settings, shm::Mapping mapping, shm::ProcessIndex process);
  ~DiskStore();

  /// Opens the store; `done` hears why not. mount() is the keeper's and tells the others what lies there.
  void mount(std::function<void(const base::Result<void>&)> done);
  void attach(std::function<void(const base::Result<void>&)> done);
  /// Whether a write would be tried now. A process that is not attached attaches when that is possible.
  bool accepts();
  bool attached() const { return attached_; }
  /// Whether it is not open here yet, but about to be: this process or all of them have just started. Who
  /// would pass by it does well to wait then.
  bool opens_soon() const;
  /// Waits while it opens_soon(); whether it is open.
  event::Task<bool> opened();
  /// Another process has mounted it, or could not.
  void look();

  /// The object at that place with that key; nothing when it is gone, damaged, or cannot be read.
  event::Task<DiskFound> find(uint64_t location, const base::Digest& digest, std::string_view key);
  /// The object with that digest at that place, whatever its key; it does not count as read.
  event::Task<DiskFound> look(uint64_t location, const base::Digest& digest);
  /// Reads a region through, every byte of it verified.
  struct Checked {
    bool read = false;  ///< false: there is nothing in it, or it was recycled meanwhile
    uint64_t objects = 0;
    uint64_t damaged = 0;  ///< records
    bool whole = false;    ///< all were written; else the end may be torn after a crash: no fault of the disk
  };
  event::Task<Checked> check(uint32_t region);
  /// Stores an object whose body is at hand. False: not now, and `done` is not called.
  bool put(const DiskObject& object, std::string body, Done done);
  /// Remembers purges; those without a sequence get one. `done`: whether they are on the disk.
  void purge(std::vector<PurgeOrder> orders, std::function<void(bool)> done);

  /// Tells `index` all that the store holds and was not told yet, then ends. Also ends when the disk fails:
  /// false. To be called again (later) while totals().loading.
  event::Task<bool> load(DiskIndex& index);
  /// One round of upkeep: sums up regions of the dead, recycles ahead of need, keeps min_free and max_size,
  /// keeps the purge log short. `now`: seconds since 1970.
  event::Task<void> maintain(DiskIndex& index, uint32_t now);
  void release_process(shm::ProcessIndex process) { volume_.regions().release_process(process); }
  bool is_newer(const LoadedObject& loaded, uint64_t there) {
    return cache::is_newer(volume_, loaded, there, false);
  }
  /// The index was started empty (another size of keys_zone) while the store goes on: load() tells all again.
  void unload() { volume_.regions().unload_all(); }
  /// After a reload that kept this process.
  void set_settings(const DiskSettings& settings) { volume_.set_settings(settings); }

  /// Writes what waits and ends this process's region; accepts nothing afterwards.
  void close(std::function<void()> done);

  /// An end without close(), when the disk threads are gone: what waits holds on to the store otherwise.
  void drop();

  DiskTotals totals();
  DiskVolume& volume() { return volume_; }
  event::Loop& loop() { return loop_; }
  event::DiskThreads& threads() { return threads_; }

  // For DiskWriter and DiskBody.
  /// Queues a record. False: not now, and the image is still the caller's.
  bool submit(std::unique_ptr<RecordImage>&& image, Done done);
  /// Whether so much waits that a writer does well to wait too; `waiter` is woken when that changes.
  bool is_busy(StoreWaiter& waiter);
  void count_read(DiskRead outcome, bool torn);
  /// An object in extents is being written under that sequence, from its first extent on …
  void begin_writing(uint64_t sequence);
  /// … to its end, whatever that is.
  void end_writing(uint64_t sequence);

 private:
  struct Queued {
    std::unique_ptr<RecordImage> image;
    Done done;
  };
  struct Batch;
  class Opening;
  /// An object that is written again, from where its region is recycled.
  struct KeptRecord {
    DiskLocation from;
    base::Digest digest;
    std::unique_ptr<RecordImage> image;
    uint64_t to = 0;
  };
  DiskStore(event::Loop& loop, event::DiskThreads& threads, std::unique_ptr<DiskFolder> folder,
            const DiskSettings& settings, shm::Mapping mapping, shm::ProcessIndex process);
  void start(bool mount, std::function<void(const base::Result<void>&)> done);
  bool mounted() const;
  void on_started(bool was_mounted);
  void tell_openings();
  void write_queued();
  void on_batch(Batch& batch);
  void sync();
  void write_purges();
  bool offline();
  void note(const base::Result<void>& outcome, DiskCount count);
  event::Task<void> on_line(const std::function<void()>& work);
  event::Task<void> on_thread(const std::function<void()>& work);
  event::Task<void> reclaim(DiskIndex& index, bool give_room_back);
  event::Task<void> keep(DiskIndex& index, uint32_t region, const Summary& summary);
  event::Task<void> keep_batch(DiskIndex& index, std::vector<KeptRecord>& batch);

  event::Loop& loop_;
  event::DiskThreads& threads_;
  std::unique_ptr<DiskFolder> folder_;
  shm::Mapping mapping_;
  DiskVolume volume_;
  DiskLog log_;                       // on its line only
  std::unique_ptr<PurgeLog> purges_;  // on its line only
  DiskLine log_line_;
  DiskLine purge_line_;
  bool attached_ = false;
  bool attaching_ = false;
  bool refused_ = false;  // what is mounted could not be opened here
  const base::MonoTime patient_until_;
  base::List<Opening, Opening> openings_;  // those that wait for it
  base::MonoTime next_attach_ = 0;
  bool closing_ = false;
  bool writing_ = false;
  std::vector<Queued> queue_;
  size_t queued_bytes_ = 0;  // also of those being written
  base::List<StoreWaiter, DiskStore> waiters_;
  std::multiset<uint64_t> unfinished_;
  event::Timer sync_timer_;
  std::vector<PurgeOrder> orders_;
  std::vector<std::function<void(bool)>> orders_done_;
};

}  // namespace cache
