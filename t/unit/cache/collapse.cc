// Two processes that share one zone, played by one: what each sees of the other's fetches.
#include <criterion/criterion.h>

#include "cache/growing_body.h"
#include "cache/join.h"
#include "t/unit/cache/feed.h"
#include "t/unit/cache/zone_fixture.h"

using namespace cache_test;
using cache::Detached;
using cache::FlightEnd;
using cache::FlightRef;
using cache::Joined;
using Kind = cache::Flights::Announced::Kind;

namespace {

constexpr base::Duration kAge{5000};
constexpr base::Duration kTimeout{5000};

struct Process {
  Process(ZoneFixture& memory, uint16_t index) : zone(memory.open_elsewhere(index)) {}

  cache::Flights::Announced announce(std::string_view key) { return fills.announce(zone.digest(key), kAge); }
  http::BodyPtr start(std::string_view key, FlightRef announced,
                      std::optional<uint64_t> size = std::nullopt) {
    http::BodyPtr source = std::make_unique<Feed>(origin);
    cache::Fill::Object object;
    object.digest = zone.digest(key);
    object.key = key;
    object.head = "head";
    object.facts.status = 200;
    object.body_size = size;
    return cache::Fill::start(fills, zone, std::move(object), source, announced);
  }
  cache::FoundGrowing find_growing(std::string_view key) {
    return fills.find_growing(zone.digest(key), key, arena);
  }
  void feed(std::string text) {
    origin.chunks.push_back(std::move(text));
    turn();
  }
  void finish() {
    origin.ended = true;
    turn();
  }
  void turn() {
    if (origin.alive && origin.reader != nullptr) loop.post(*origin.reader);
    loop.ready().drain();
  }
  // As if another process had woken this one.
  void woken() {
    fills.look();
    loop.ready().drain();
  }

  base::Arena arena;
  cache::Zone zone;
  event::Loop loop;
  event::Gate gate{loop.ready()};
  cache::Fills fills{loop, gate, zone};
  Feed::Shared origin;
};

struct Two {
  ZoneFixture memory;
  Process a{memory, 0};
  Process b{memory, 1};
};

struct Woken final : event::Ready {
  int times = 0;
  void on_ready() override { ++times; }
};

http::Readiness state(http::Body& body) {
  iovec pieces[2];
  return body.peek(pieces).state;
}

Joined given(cache::Join& join) {
  cr_assert(join.answer().given());
  return join.answer().await_resume();
}

}  // namespace

Test(collapse, the_second_is_told_that_somebody_fetches) {
  Two two;
  auto mine = two.a.announce("k");
  cr_assert(mine.kind == Kind::mine);
  auto other = two.b.announce("k");
  cr_assert(other.kind == Kind::taken);
  cr_assert(two.b.announce("another").kind == Kind::mine);
  cr_assert(two.a.announce("k").kind == Kind::taken, "in the same process too");
}

Test(collapse, a_waiter_is_told_when_the_head_is_there_and_reads_as_it_grows) {
  Two two;
  auto mine = two.a.announce("k");
  auto other = two.b.announce("k");
  cache::Join join(two.b.fills, other.flight, kTimeout);
  two.b.woken();
  cr_assert_not(join.answer().given(), "nothing has happened yet");
  http::BodyPtr first = two.a.start("k", mine.flight);
  two.b.woken();
  cr_assert(given(join) == Joined::look_again);

  auto growing = two.b.find_growing("k");
  cr_assert(static_cast<bool>(growing));
  cr_assert(growing.head == "head");
  cr_assert_eq(growing.facts.status, 200);
  http::BodyPtr reader = two.b.fills.read(std::move(growing));
  Woken woken;
  reader->set_reader(&woken);
  cr_assert(state(*reader) == http::Readiness::wait);
  two.b.woken();
  cr_assert_eq(woken.times, 0);
  two.a.feed("one ");
  two.b.woken();
  cr_assert_eq(woken.times, 1);
  cr_assert(read_all(*reader) == "one ");
  cr_assert(state(*reader) == http::Readiness::wait);
  two.a.feed("two");
  two.a.finish();
  two.b.woken();
  cr_assert(read_all(*reader) == "two");
  cr_assert(state(*reader) == http::Readiness::end);
  cr_assert(fetch(two.b.zone, "k") == "one two");
  cr_assert_eq(two.a.zone.flights().count(), 0);
}

Test(collapse, a_slow_reader_holds_up_nobody) {
  Two two;
  http::BodyPtr first = two.a.start("k", two.a.announce("k").flight);
  http::BodyPtr slow = two.b.fills.read(two.b.find_growing("k"));
  http::BodyPtr quick = two.b.fills.read(two.b.find_growing("k"));
  std::string text, got;
  for (int i = 0; i < 20; ++i) {
    two.a.feed(pattern("k", 5000));
    text += pattern("k", 5000);
    got += read_all(*quick);
  }
  two.a.finish();
  first.reset();
  cr_assert_not(two.a.origin.alive);
  cr_assert(got == text);
  cr_assert(state(*quick) == http::Readiness::end);
  cr_assert(read_all(*slow) == text);
  cr_assert(state(*slow) == http::Readiness::end);
}

Test(collapse, a_fetch_that_failed_sends_all_on_their_own) {
  Two two;
  auto mine = two.a.announce("k");
  cache::Join join(two.b.fills, two.b.announce("k").flight, kTimeout);
  two.a.fills.end(mine.flight, FlightEnd::failed);
  two.b.woken();
  cr_assert(given(join) == Joined::failed);
  cr_assert(two.b.announce("k").kind == Kind::mine);
}

Test(collapse, what_cannot_be_stored_is_remembered_for_two_minutes) {
  Two two;
  auto mine = two.a.announce("k");
  cache::Join join(two.b.fills, two.b.announce("k").flight, kTimeout);
  two.a.fills.end_uncacheable(mine.flight);
  two.b.woken();
  cr_assert(given(join) == Joined::uncacheable);
  cr_assert(two.b.announce("k").kind == Kind::uncacheable);
  two.b.loop.clock().advance(base::Duration{119'000});
  cr_assert(two.b.announce("k").kind == Kind::uncacheable);
  two.b.loop.clock().advance(base::Duration{2'000});
  cr_assert(two.b.announce("k").kind == Kind::mine);
}

Test(collapse, an_uncacheable_key_that_is_stored_after_all_can_be_joined) {
  Two two;
  two.a.fills.end_uncacheable(two.a.announce("k").flight);
  cr_assert(two.a.announce("k").kind == Kind::uncacheable);
  http::BodyPtr first = two.a.start("k", {});
  cr_assert(two.b.announce("k").kind == Kind::taken);
  cr_assert(static_cast<bool>(two.b.find_growing("k")));
  two.a.finish();
}

Test(collapse, waiting_ends_at_its_limit) {
  Two two;
  two.a.announce("k");
  cache::Join join(two.b.fills, two.b.announce("k").flight, base::Duration{1});
  while (!join.answer().given()) two.b.loop.run_once(true);
  cr_assert(given(join) == Joined::timed_out);
  cr_assert_eq(two.b.fills.waiting(), 1);
}

Test(collapse, a_fetch_that_takes_too_long_lets_in_another) {
  Two two;
  auto old = two.a.announce("k");
  cache::Join join(two.b.fills, two.b.announce("k").flight, base::Duration{60'000});
  two.b.loop.clock().advance(kAge);
  auto later = two.b.announce("k");
  cr_assert(later.kind == Kind::mine);
  two.b.woken();
  cr_assert(given(join) == Joined::look_again, "and who waits, waits for the later one");
  cr_assert(two.a.announce("k").kind == Kind::taken);
  // The old one still stores what it gets; it takes nothing away from the other.
  http::BodyPtr first = two.a.start("k", old.flight);
  two.a.feed("old");
  two.a.finish();
  cr_assert(fetch(two.b.zone, "k") == "old");
  cr_assert(two.a.announce("k").kind == Kind::taken);
  http::BodyPtr second = two.b.start("k", later.flight);
  two.b.feed("new");
  two.b.finish();
  cr_assert(fetch(two.a.zone, "k") == "new");
  cr_assert_eq(two.a.zone.flights().count(), 0);
}

Test(collapse, who_waited_for_a_response_that_varies_looks_again) {
  Two two;
  auto mine = two.a.announce("k");
  cache::Join join(two.b.fills, two.b.announce("k").flight, kTimeout);
  http::BodyPtr first = two.a.start("variant", mine.flight);
  two.b.woken();
  cr_assert(given(join) == Joined::look_again);
  cr_assert_not(static_cast<bool>(two.b.find_growing("k")));
  cr_assert(static_cast<bool>(two.b.find_growing("variant")));
  cr_assert(two.b.announce("k").kind == Kind::mine);
  two.a.finish();
}

Test(collapse, what_was_purged_while_it_was_fetched_is_neither_joined_nor_stored) {
  Two two;
  auto mine = two.a.announce("k");
  two.b.zone.purge(two.b.zone.digest("k"));
  cr_assert(two.b.announce("k").kind == Kind::mine);
  cr_assert_null(two.a.start("k", mine.flight).get());
  two.a.fills.end(mine.flight, FlightEnd::failed);
  cr_assert(two.a.announce("k").kind == Kind::taken);
}

Test(collapse, readers_of_what_is_purged_while_it_grows_go_on_and_nobody_joins_them) {
  Two two;
  http::BodyPtr first = two.a.start("k", two.a.announce("k").flight);
  http::BodyPtr reader = two.b.fills.read(two.b.find_growing("k"));
  two.a.feed("one ");
  two.b.zone.purge(two.b.zone.digest("k"));
  cr_assert_not(static_cast<bool>(two.b.find_growing("k")));
  cr_assert(two.b.announce("k").kind == Kind::mine);
  cr_assert(read_all(*reader) == "one ");
  cr_assert(state(*reader) == http::Readiness::wait);
  Woken woken;
  reader->set_reader(&woken);
  two.a.feed("two");
  two.b.woken();
  cr_assert_eq(woken.times, 1);
  two.a.finish();
  cr_assert(read_all(*reader) == "two");
  cr_assert(state(*reader) == http::Readiness::end);
  cr_assert(fetch(two.b.zone, "k") == "-");
}

Test(collapse, a_body_that_failed_fails_for_all) {
  Two two;
  http::BodyPtr first = two.a.start("k", two.a.announce("k").flight);
  http::BodyPtr reader = two.b.fills.read(two.b.find_growing("k"));
  two.a.feed("one ");
  two.a.origin.failed = true;
  two.a.turn();
  cr_assert(read_all(*reader) == "one ");
  cr_assert(state(*reader) == http::Readiness::failed);
}

Test(collapse, when_the_filler_dies_waiters_look_again_and_readers_fail_or_go_on_elsewhere) {
  Two two;
  two.a.announce("pending");
  cache::Join join(two.b.fills, two.b.announce("pending").flight, kTimeout);
  http::BodyPtr first = two.a.start("k", two.a.announce("k").flight);
  two.a.feed("one ");
  http::BodyPtr lost = two.b.fills.read(two.b.find_growing("k"));
  uint64_t from = 0;
  http::BodyPtr resumed = two.b.fills.read(two.b.find_growing("k"), [&](uint64_t at) {
    from = at;
    return std::make_unique<http::StringBody>("two");
  });
  http::BodyPtr refused = two.b.fills.read(two.b.find_growing("k"), [](uint64_t) { return nullptr; });
  cr_assert(read_all(*lost) == "one ");
  cr_assert(read_all(*resumed) == "one ");
  cr_assert(state(*resumed) == http::Readiness::wait);
  cr_assert(read_all(*refused) == "one ");

  two.b.fills.release_process(0);
  two.b.woken();
  cr_assert(given(join) == Joined::look_again);
  cr_assert(two.b.announce("pending").kind == Kind::mine);
  cr_assert(state(*lost) == http::Readiness::failed);
  cr_assert(state(*resumed) == http::Readiness::wait);
  cr_assert(state(*refused) == http::Readiness::wait);
  two.b.turn();
  cr_assert_eq(from, 4);
  cr_assert(read_all(*resumed) == "two");
  cr_assert(state(*resumed) == http::Readiness::end);
  cr_assert(state(*refused) == http::Readiness::failed);
  two.a.finish();  // of this program, which plays both; its object is nobody's any more
}

Test(collapse, where_no_place_is_left_nobody_waits) {
  Two two;
  int full = 0;
  for (int i = 0; i < 1000; ++i) full += two.a.announce(fmt::format("k{}", i)).kind == Kind::full;
  cr_assert_gt(full, 500);
  cr_assert_leq(two.a.zone.flights().count(), static_cast<size_t>(1000 - full));
  two.b.fills.release_process(0);
  cr_assert_eq(two.a.zone.flights().count(), 0);
}
