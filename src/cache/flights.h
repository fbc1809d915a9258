// What is being fetched for a zone, by all processes: one flight a key, announced before the origin is asked,
// growing once the response head is there, ended with the body. Others of any process wait for the head and
// then read the object as it grows; they are told of every change by being woken (Fills does that).
//
// A bounded table, a few places a digest: where it is full nobody waits, who comes fetches for itself.
// Nothing here is derived from anything else, so a process may die at any instruction: what it had under way
// is ended by release_process(). Also remembers, in places nobody needs, which keys gave responses that could
// not be stored, so that requests for them do not queue.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "cache/layout.h"
#include "cache/shard.h"
#include "shm/process_table.h"

namespace cache {

/// One flight, told from later ones in the same place. Empty by default.
struct FlightRef {
  uint32_t shard = 0;
  uint32_t number = 0;  // 0: none
  uint32_t sequence = 0;
  explicit operator bool() const { return number != 0; }
};

enum class FlightState : uint8_t {
  ended,    ///< or never begun
  pending,  ///< the origin was asked, or will be at once
  growing,  ///< there is an object to read
  uncacheable,
};

/// How a flight ended, for those who waited for its head.
enum class FlightEnd : uint8_t {
  look_again,   ///< what they want may be stored by now, or be fetched by them
  failed,       ///< there was no response to store: asking the origin one after the other would not help
  uncacheable,  ///< this response could not be stored
};

/// Why a flight that goes on takes nobody any more.
enum class Detached : uint8_t {
  no,
  purged,      ///< what it brings is not stored
  superseded,  ///< it took so long that another was let in beside it
};

/// What a flight is at one moment.
struct FlightView {
  FlightState state = FlightState::ended;
  FlightEnd end = FlightEnd::look_again;
  Detached detached = Detached::no;
};

class Flights {
 public:
  Flights(std::byte* memory, const ZoneShape& shape, std::vector<Shard>& shards, shm::ProcessIndex process);

  /// What asking for a key's turn came to.
  struct Announced {
    enum class Kind : uint8_t {
      mine,         ///< `flight` is the caller's, pending: it fetches, then grow()s or ends it
      taken,        ///< somebody fetches: `flight` can be waited for, or read if it grows
      uncacheable,  ///< nobody is to wait for this key
      full,         ///< no place
    } kind = Kind::full;
    FlightRef flight;
    uint64_t wake = 0;  ///< processes that waited for a flight which this one supersedes: to be woken
  };
  /// `now`: monotonic milliseconds. A pending flight older than `most_age` milliseconds is superseded.
  Announced announce(const base::Digest& digest, base::MonoTime now, int64_t most_age);

  /// The response head is there and the object can be read. False: not this
  /// process's flight any more.
  bool grow(const FlightRef& flight, const base::Digest& digest, uint32_t entry);
  /// A flight for an object that nobody announced: growing at once. Empty: no place, or another has it.
  FlightRef begin_growing(const base::Digest& digest, uint32_t entry, base::MonoTime now);
  /// What it fills goes on as another object, for those who read it already too.
  bool move(const FlightRef& flight, uint32_t entry);
  /// Ends a flight of this process. Returns who has to be woken.
  uint64_t end(const FlightRef& flight, FlightEnd how);
  /// Ends it and remembers until `until` (monotonic milliseconds) that nobody is to wait for this key.
  uint64_t end_uncacheable(const FlightRef& flight, base::MonoTime until);

  /// How it stands. No lock.
  FlightView view(const FlightRef& flight) const;
  /// This process wants to be woken at the next change. What it waits for must be looked at after this.
  void wait(const FlightRef& flight);
  /// Who waited. They are to be woken, after what they wait for was changed.
  uint64_t take_waiting(const FlightRef& flight);
  bool anybody_waits(const FlightRef& flight) const;
  /// The bit a process waits with.
  static uint64_t bit(shm::ProcessIndex process) { return uint64_t{1} << (process % 64); }

  // With the shard's lock held:
  /// The number of the object that grows with that digest, and its flight; or 0.
  uint32_t growing(uint32_t shard, const base::Digest& digest, FlightRef& flight) const;
  /// The number of the object that this flight fills, or 0.
  uint32_t growing(const FlightRef& flight) const;
  /// Nobody joins what is being fetched with that digest any more.
  void detach(uint32_t shard, const base::Digest& digest, Detached why);
  /// Ends what a process had under way.
  void release_process(uint32_t shard, shm::ProcessIndex process);

  /// How many are pending or growing: for tests and totals.
  size_t count() const;
  static constexpr uint32_t kPlaces = 8;  ///< a digest can be in

 private:
  Flight& at(uint32_t shard, uint32_t number) const {
    return flights_[size_t{shard} * shape_.flights + number - 1];
  }
  uint32_t shard_of(const base::Digest& digest) const {
    return static_cast<uint32_t>(digest.high >> 32) & (shape_.shards - 1);
  }
  uint32_t first_place(const base::Digest& digest) const;
  uint32_t find(uint32_t shard, const base::Digest& digest) const;
  uint32_t find_place(uint32_t shard, const base::Digest& digest) const;
  uint32_t take(uint32_t shard, const base::Digest& digest, base::MonoTime now);
  bool is_mine(const FlightRef& flight) const;
  uint64_t finish(const FlightRef& flight, FlightState state, FlightEnd how);

  ZoneShape shape_;
  std::vector<Shard>& shards_;
  Flight* flights_;
  shm::ProcessIndex process_;
};

}  // namespace cache
