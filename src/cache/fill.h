// A response on its way from the origin into a zone: pulled as fast as the zone takes it, whoever reads it
// and however slowly, and to its end also when every client has left. Requests that come meanwhile read it
// while it grows: those of the same worker through it (read()), those of others through shared memory
// (growing_body.h), woken by it when they wait for more.
//
// What memory cannot take (it is too large, or grew too large while its length was unknown) goes to the
// zone's disk, where there is one; then shared memory holds its head and the list of its extents
// (disk_intake.h).
//
// When neither takes it (no memory, no disk, or the disk fails), the first reader goes on with the origin's
// body itself; the others cannot be served what they have not seen and fail. An object is complete only when
// its body was.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "cache/disk_intake.h"
#include "cache/stored_body.h"
#include "cache/zone.h"
#include "event/gate.h"
#include "event/loop.h"
#include "http/body.h"

namespace cache {

class FillBody;
class Fills;
class GrowingBody;
class Join;
class Tiers;
struct MayMove;  // tag of a list

class Fill final : public event::Ready, public std::enable_shared_from_this<Fill> {
 public:
  /// What is stored: a copy of everything the fill needs after its exchange has gone.
  struct Object {
    base::Digest digest;
    std::string key;
    std::string head;
    Facts facts;
    std::optional<uint64_t> body_size;
  };
  enum class State : uint8_t {
    filling,
    storing,  ///< all of it can be read; the disk has still to make an object of it
    complete,
    passing,
    failed,
  };

  /// Starts storing `source` and returns its first reader; null (and `source` untouched) when the zone cannot
  /// take it, or what was `announced` has been purged since. With a reader the announcement is used up: those
  /// who wait for it are told; without one the caller ends it.
  static http::BodyPtr start(Fills& fills, Zone& zone, Object object, http::BodyPtr& source,
                             FlightRef announced = {});
  Fill(Fills& fills, Object object) : fills_(fills), object_(std::move(object)) {}
  ~Fill();

  /// A reader from the first byte; null when it is too late to join (or nothing can be pinned).
  http::BodyPtr read();

  State state() const { return state_; }
  const Object& object() const { return object_; }

 private:
  friend class FillBody;
  /// Bytes taken from the origin in one go before others get their turn.
  static constexpr size_t kTurn = 512 * 1024;

  /// An object that outgrew memory, being copied to the disk. Until that is done it stays where it was.
  struct Move {
    Move(Writer writer, Pin held) : list(std::move(writer)), pin(std::move(held)), cursor(pin) {}
    Writer list;
    std::unique_ptr<DiskIntake> disk;
    Pin pin;
    Cursor cursor;
    uint64_t left = 0;
  };

  void on_ready() override { pump(); }
  void pump();
  bool pump_once(size_t& turn);
  bool take(std::span<const iovec> pieces, size_t& taken);
  void pass_through();
  void end(State state);
  void wake_readers();
  void leave(FillBody& reader);
  Writer begin_writer(BodyPlace place);
  bool can_be_joined() const { return state_ == State::filling || state_ == State::storing; }

  // fill_on_disk.cc
  bool begin_on_disk();
  std::unique_ptr<DiskIntake> begin_intake();
  void on_extent(const DiskExtent& extent);
  void end_on_disk();
  void finish_if_all_there();
  void on_stored(uint64_t location);
  bool begin_move();
  bool go_on_moving(size_t& turn);
  void switch_to_disk();

  Fills& fills_;
  Writer writer_;                     // the object in memory, or the list of its extents
  std::unique_ptr<DiskIntake> disk_;  // null: it is filled in memory
  std::unique_ptr<Move> move_;
  Object object_;
  http::BodyPtr source_;
  base::List<FillBody, Fill> readers_;
  State state_ = State::filling;
  uint64_t size_ = 0;           // taken from the origin
  uint64_t readable_ = 0;       // of that, what the zone has; behind it comes `rest_`
  std::string rest_;            // passing: what the disk did not take
  bool ended_ = false;          // the origin's body, rightly
  FlightRef flight_;            // how other processes find it; empty: they do not
  std::shared_ptr<Fill> self_;  // lives while it fills, whoever reads
  std::optional<event::Gate::Pass> pass_;
};

/// What one process and zone has under way: its fills, and those of its requests that wait for somebody's
/// fetch, its own or another process's. Tells and is told by waking; there is no timer but each waiter's own
/// limit.
class Fills {
 public:
  /// Requests of one process that wait for a head at one time; more fetch for themselves.
  static constexpr size_t kMostWaiting = 16384;
  /// How long it is remembered that a key's responses cannot be stored.
  static constexpr base::Duration kRememberUncacheable{120'000};

  /// `processes`: to wake them; null: this process is alone.
  Fills(event::Loop& loop, event::Gate& under_way, Zone& zone, const shm::ProcessTable* processes = nullptr)
      : loop_(loop), under_way_(under_way), zone_(zone), processes_(processes), look_(*this) {}
  ~Fills();

  /// Where what memory cannot take goes; outlives what is filled. Null: nowhere.
  void set_disk(Tiers* tiers) { tiers_ = tiers; }

  /// The growing object with that digest whose key is `key`, if this process fills it, or null.
  Fill* find(const base::Digest& digest, std::string_view key) const;
  /// The same of any process, this one included.
  FoundGrowing find_growing(const base::Digest& digest, std::string_view key, base::Arena& arena);
  /// A reader of what find_growing() found, from the first byte. `resume` goes on from byte `from` when the
  /// filler has died or given up in the middle (a request with Range and If-Range on a strong validator);
  /// null from it, or no `resume`: the body fails there. It is called from the ready queue, at most once.
  using Resume = std::function<http::BodyPtr(uint64_t from)>;
  http::BodyPtr read(FoundGrowing growing, Resume resume = {});

  /// Asks for the turn to fetch `digest`. With `mine` the caller fetches and then hands the flight to
  /// Fill::start(), or ends it: in any case, also when its client leaves. `most_age`: a fetch whose head is
  /// not there for so long lets in one more.
  Flights::Announced announce(const base::Digest& digest, base::Duration most_age);
  /// There will be no object. Harmless for a flight that has ended.
  void end(const FlightRef& flight, FlightEnd how);
  /// The same, and for kRememberUncacheable nobody waits for that key.
  void end_uncacheable(const FlightRef& flight);

  /// Looks at what all here wait for: whenever another process has woken this one.
  void look();
  /// Every process looks.
  void wake_all() { wake(~uint64_t{0}); }
  /// What a dead process held and filled is given back, and everybody looks. For the keeper.
  void release_process(shm::ProcessIndex process);

  size_t count() const { return by_digest_.size(); }
  size_t waiting() const { return waiting_; }

 private:
  friend class Fill;
  friend class GrowingBody;
  friend class Join;
  struct Hash {
    size_t operator()(const base::Digest& digest) const { return digest.low; }
  };
  struct Look final : event::Ready {
    explicit Look(Fills& of) : fills(of) {}
    void on_ready() override { fills.look(); }
    Fills& fills;
  };
  void wake(uint64_t processes);
  bool can_read(const FoundGrowing& growing) const;

  event::Loop& loop_;
  event::Gate& under_way_;
  Zone& zone_;
  const shm::ProcessTable* processes_;
  Tiers* tiers_ = nullptr;
  Look look_;
  std::unordered_map<base::Digest, Fill*, Hash> by_digest_;
  base::List<Join, Fills> joins_;
  base::List<GrowingBody, Fills> readers_;      // those that wait for more
  base::List<GrowingBody, MayMove> in_memory_;  // those whose object may go on on the disk
  size_t waiting_ = 0;
};

}  // namespace cache
