#include "cache/flights.h"

#include "shm/crash_point.h"

namespace cache {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr auto kAcquire = std::memory_order_acquire;
constexpr auto kRelease = std::memory_order_release;

uint32_t sequence_of(uint64_t word) { return static_cast<uint32_t>(word >> 32); }
FlightState state_of(uint64_t word) { return static_cast<FlightState>(word & 0xff); }

uint64_t make_word(uint32_t sequence, FlightState state, FlightEnd end = FlightEnd::look_again,
                   Detached detached = Detached::no) {
  return uint64_t{sequence} << 32 | static_cast<uint64_t>(detached) << 16 | static_cast<uint64_t>(end) << 8 |
         static_cast<uint64_t>(state);
}

FlightView view_of(uint64_t word) {
  return {state_of(word), static_cast<FlightEnd>(word >> 8 & 0xff), static_cast<Detached>(word >> 16 & 0xff)};
}

bool is_under_way(FlightState state) {
  return state == FlightState::pending || state == FlightState::growing;
}

}  // namespace

Flights::Flights(std::byte* memory, const ZoneShape& shape, std::vector<Shard>& shards,
                 shm::ProcessIndex process)
    : shape_(shape),
      shards_(shards),
      flights_(reinterpret_cast<Flight*>(memory + shape.flights_at)),
      process_(process) {}

// ---- places: a digest's are next to each other

uint32_t Flights::first_place(const base::Digest& digest) const {
  uint32_t groups = shape_.flights / kPlaces;
  return (static_cast<uint32_t>(digest.low >> 32) & (groups - 1)) * kPlaces + 1;
}

uint32_t Flights::find(uint32_t shard, const base::Digest& digest) const {
  uint32_t first = first_place(digest);
  for (uint32_t number = first; number < first + kPlaces; ++number) {
    const Flight& flight = at(shard, number);
    if (flight.digest == digest && state_of(flight.word.load(kRelaxed)) != FlightState::ended) return number;
  }
  return 0;
}

// One that is free, or else what is remembered longest. 0: all are under way.
uint32_t Flights::find_place(uint32_t shard, const base::Digest& digest) const {
  uint32_t first = first_place(digest);
  uint32_t place = 0;
  for (uint32_t number = first; number < first + kPlaces; ++number) {
    FlightState state = state_of(at(shard, number).word.load(kRelaxed));
    if (state == FlightState::ended) return number;
    if (state != FlightState::uncacheable) continue;
    if (place == 0 || at(shard, number).time < at(shard, place).time) place = number;
  }
  return place;
}

// A place for a new flight, with everything but its word written.
uint32_t Flights::take(uint32_t shard, const base::Digest& digest, base::MonoTime now) {
  uint32_t number = find_place(shard, digest);
  if (number == 0) return 0;
  Flight& taken = at(shard, number);
  // What was remembered here must not hold for the new digest.
  uint32_t sequence = sequence_of(taken.word.load(kRelaxed)) + 1;
  taken.word.store(make_word(sequence, FlightState::ended), kRelease);
  PC_CRASH_POINT("flight: taken");
  taken.digest = digest;
  taken.time = now;
  taken.entry = 0;
  PC_CRASH_POINT("flight: half written");
  taken.process = process_;
  taken.waiting.store(0, kRelaxed);
  PC_CRASH_POINT("flight: written");
  return number;
}

// ---- the filler's side

Flights::Announced Flights::announce(const base::Digest& digest, base::MonoTime now, int64_t most_age) {
  Announced announced;
  uint32_t shard = shard_of(digest);
  shm::Locked locked = shards_[shard].locked();
  if (uint32_t number = find(shard, digest); number != 0) {
    Flight& there = at(shard, number);
    uint64_t word = there.word.load(kRelaxed);
    bool remembered = state_of(word) == FlightState::uncacheable;
    if (remembered && there.time > now) {
      announced.kind = Announced::Kind::uncacheable;
      return announced;
    }
    bool too_old = state_of(word) == FlightState::pending && now - there.time >= most_age;
    if (!remembered && !too_old) {
      announced.kind = Announced::Kind::taken;
      announced.flight = {shard, number, sequence_of(word)};
      return announced;
    }
    if (remembered) {
      there.word.store(make_word(sequence_of(word), FlightState::ended), kRelease);
    } else {
      detach(shard, digest, Detached::superseded);
      announced.wake = there.waiting.load();
    }
    PC_CRASH_POINT("flight: superseded");
  }
  uint32_t number = take(shard, digest, now);
  if (number == 0) return announced;
  Flight& mine = at(shard, number);
  uint32_t sequence = sequence_of(mine.word.load(kRelaxed));
  mine.word.store(make_word(sequence, FlightState::pending), kRelease);
  PC_CRASH_POINT("flight: announced");
  announced.kind = Announced::Kind::mine;
  announced.flight = {shard, number, sequence};
  return announced;
}

bool Flights::is_mine(const FlightRef& flight) const {
  if (!flight) return false;
  const Flight& there = at(flight.shard, flight.number);
  uint64_t word = there.word.load(kRelaxed);
  return sequence_of(word) == flight.sequence && is_under_way(state_of(word)) && there.process == process_;
}

bool Flights::grow(const FlightRef& flight, const base::Digest& digest, uint32_t entry) {
  if (!flight) return false;
  shm::Locked locked = shards_[flight.shard].locked();
  Flight& there = at(flight.shard, flight.number);
  if (!is_mine(flight) || there.digest != digest) return false;
  there.entry = entry;
  PC_CRASH_POINT("flight: entry named");
  there.word.store(make_word(flight.sequence, FlightState::growing), kRelease);
  PC_CRASH_POINT("flight: growing");
  return true;
}

bool Flights::move(const FlightRef& flight, uint32_t entry) {
  if (!flight) return false;
  shm::Locked locked = shards_[flight.shard].locked();
  if (!is_mine(flight)) return false;
  at(flight.shard, flight.number).entry = entry;
  return true;
}

FlightRef Flights::begin_growing(const base::Digest& digest, uint32_t entry, base::MonoTime now) {
  uint32_t shard = shard_of(digest);
  shm::Locked locked = shards_[shard].locked();
  if (uint32_t there = find(shard, digest); there != 0) {
    uint64_t word = at(shard, there).word.load(kRelaxed);
    if (is_under_way(state_of(word))) return {};
    // It could not be stored lately, and now it can.
    at(shard, there).word.store(make_word(sequence_of(word), FlightState::ended), kRelease);
  }
  uint32_t number = take(shard, digest, now);
  if (number == 0) return {};
  Flight& mine = at(shard, number);
  mine.entry = entry;
  uint32_t sequence = sequence_of(mine.word.load(kRelaxed));
  mine.word.store(make_word(sequence, FlightState::growing), kRelease);
  PC_CRASH_POINT("flight: growing at once");
  return {shard, number, sequence};
}

// Whoever dies after the word is written and before the waiting are woken is found dead by the keeper, which
// wakes everybody.
uint64_t Flights::finish(const FlightRef& flight, FlightState state, FlightEnd how) {
  Flight& there = at(flight.shard, flight.number);
  there.word.store(make_word(flight.sequence, state, how), kRelease);
  PC_CRASH_POINT("flight: ended");
  return take_waiting(flight);
}

uint64_t Flights::end(const FlightRef& flight, FlightEnd how) {
  if (!flight) return 0;
  shm::Locked locked = shards_[flight.shard].locked();
  return is_mine(flight) ? finish(flight, FlightState::ended, how) : 0;
}

uint64_t Flights::end_uncacheable(const FlightRef& flight, base::MonoTime until) {
  if (!flight) return 0;
  shm::Locked locked = shards_[flight.shard].locked();
  if (!is_mine(flight)) return 0;
  Flight& there = at(flight.shard, flight.number);
  if (view_of(there.word.load(kRelaxed)).detached != Detached::no) {
    return finish(flight, FlightState::ended, FlightEnd::uncacheable);
  }
  there.time = until;
  PC_CRASH_POINT("flight: remembered until");
  return finish(flight, FlightState::uncacheable, FlightEnd::uncacheable);
}

// ---- who waits. A waiter sets its bit, then looks; a filler changes, then takes the bits: one of them sees
// the other.

FlightView Flights::view(const FlightRef& flight) const {
  if (!flight) return {};
  uint64_t word = at(flight.shard, flight.number).word.load(kAcquire);
  return sequence_of(word) == flight.sequence ? view_of(word) : FlightView{};
}

void Flights::wait(const FlightRef& flight) {
  if (!flight) return;
  at(flight.shard, flight.number).waiting.fetch_or(bit(process_));
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

uint64_t Flights::take_waiting(const FlightRef& flight) {
  if (!flight) return 0;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  std::atomic<uint64_t>& waiting = at(flight.shard, flight.number).waiting;
  return waiting.load() != 0 ? waiting.exchange(0) : 0;
}

bool Flights::anybody_waits(const FlightRef& flight) const {
  return flight && at(flight.shard, flight.number).waiting.load() != 0;
}

// ---- under the shard's lock

uint32_t Flights::growing(uint32_t shard, const base::Digest& digest, FlightRef& flight) const {
  uint32_t number = find(shard, digest);
  if (number == 0) return 0;
  uint64_t word = at(shard, number).word.load(kAcquire);
  if (state_of(word) != FlightState::growing) return 0;
  flight = {shard, number, sequence_of(word)};
  return at(shard, number).entry;
}

uint32_t Flights::growing(const FlightRef& flight) const {
  const Flight& there = at(flight.shard, flight.number);
  uint64_t word = there.word.load(kAcquire);
  bool grows = sequence_of(word) == flight.sequence && state_of(word) == FlightState::growing;
  return grows ? there.entry : 0;
}

void Flights::detach(uint32_t shard, const base::Digest& digest, Detached why) {
  uint32_t number = find(shard, digest);
  if (number == 0) return;
  Flight& there = at(shard, number);
  uint64_t word = there.word.load(kRelaxed);
  if (!is_under_way(state_of(word))) return;
  there.word.store(make_word(sequence_of(word), state_of(word), FlightEnd::look_again, why), kRelease);
  PC_CRASH_POINT("flight: detached");
  there.digest = {};
}

void Flights::release_process(uint32_t shard, shm::ProcessIndex process) {
  for (uint32_t number = 1; number <= shape_.flights; ++number) {
    Flight& there = at(shard, number);
    uint64_t word = there.word.load(kRelaxed);
    if (there.process != process || !is_under_way(state_of(word))) continue;
    there.word.store(make_word(sequence_of(word), FlightState::ended), kRelease);
    PC_CRASH_POINT("flight: released");
  }
}

size_t Flights::count() const {
  size_t count = 0;
  for (size_t i = 0; i < size_t{shape_.flights} * shape_.shards; ++i) {
    count += is_under_way(state_of(flights_[i].word.load(kAcquire)));
  }
  return count;
}

}  // namespace cache
