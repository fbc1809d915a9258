#include "cache/fill.h"

#include <criterion/criterion.h>

#include "t/unit/cache/feed.h"
#include "t/unit/cache/zone_fixture.h"

using namespace cache_test;

namespace {

struct Fixture {
  ZoneFixture memory;
  cache::Zone zone = memory.open(0);
  event::Loop loop;
  event::Gate gate{loop.ready()};
  cache::Fills fills{loop, gate, zone};
  Feed::Shared origin;

  http::BodyPtr start(std::optional<uint64_t> size = std::nullopt) {
    http::BodyPtr source = std::make_unique<Feed>(origin);
    cache::Fill::Object object;
    object.digest = zone.digest("k");
    object.key = "k";
    object.head = "head";
    object.body_size = size;
    return cache::Fill::start(fills, zone, std::move(object), source);
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
    if (origin.reader != nullptr) loop.post(*origin.reader);
    loop.ready().drain();
  }
  http::Readiness state(http::Body& body) {
    iovec pieces[2];
    return body.peek(pieces).state;
  }
};

}  // namespace

Test(fill, the_reader_gets_bytes_as_they_come_and_the_object_is_found_at_the_end) {
  Fixture f;
  http::BodyPtr reader = f.start();
  cr_assert(f.state(*reader) == http::Readiness::wait);
  f.feed("one ");
  cr_assert(read_all(*reader) == "one ");
  cr_assert(f.state(*reader) == http::Readiness::wait);
  cr_assert(fetch(f.zone, "k") == "-");
  f.feed("two");
  f.finish();
  cr_assert(read_all(*reader) == "two");
  cr_assert(f.state(*reader) == http::Readiness::end);
  cr_assert(fetch(f.zone, "k") == "one two");
  cr_assert_not(f.origin.alive, "the connection goes back when the body has ended");
  cr_assert_eq(f.gate.inside(), 0);
  cr_assert_eq(f.fills.count(), 0);
}

Test(fill, goes_on_when_every_reader_has_left) {
  Fixture f;
  http::BodyPtr reader = f.start();
  f.feed("one ");
  reader.reset();
  f.feed("two");
  cr_assert_eq(f.gate.inside(), 1);
  f.finish();
  cr_assert(fetch(f.zone, "k") == "one two");
}

Test(fill, is_pulled_however_slow_its_reader_is) {
  Fixture f;
  http::BodyPtr reader = f.start();
  std::string text;
  for (int i = 0; i < 20; ++i) {
    f.feed(pattern("slow", 5000));
    text += pattern("slow", 5000);
  }
  f.finish();
  cr_assert_not(f.origin.alive);
  cr_assert(read_all(*reader) == text);
}

Test(fill, others_join_and_read_from_the_first_byte) {
  Fixture f;
  http::BodyPtr first = f.start();
  f.feed("one ");
  cache::Fill* fill = f.fills.find(f.zone.digest("k"), "k");
  cr_assert_not_null(fill);
  http::BodyPtr second = fill->read();
  f.feed("two");
  f.finish();
  cr_assert(read_all(*second) == "one two");
  cr_assert(read_all(*first) == "one two");
  cr_assert_null(f.fills.find(f.zone.digest("k"), "k"));
}

Test(fill, a_body_that_failed_is_never_complete) {
  Fixture f;
  http::BodyPtr reader = f.start();
  f.feed("one ");
  f.origin.failed = true;
  f.turn();
  cr_assert(read_all(*reader) == "one ");
  cr_assert(f.state(*reader) == http::Readiness::failed);
  reader.reset();
  cr_assert(fetch(f.zone, "k") == "-");
  cr_assert_eq(f.zone.totals().memory_used, 0);
}

Test(fill, a_body_shorter_than_announced_fails) {
  Fixture f;
  http::BodyPtr reader = f.start(10);
  f.feed("one ");
  f.finish();
  cr_assert(read_all(*reader) == "one ");
  cr_assert(f.state(*reader) == http::Readiness::failed);
}

Test(fill, when_the_zone_takes_no_more_the_first_reader_goes_on_with_the_origin) {
  Fixture f;
  http::BodyPtr first = f.start();
  http::BodyPtr second = f.fills.find(f.zone.digest("k"), "k")->read();
  std::string expected, got;
  for (int i = 0; i < 200; ++i) {
    std::string chunk = pattern(fmt::format("part{}", i), 5000);
    expected += chunk;
    f.feed(chunk);
    if (i % 7 == 0) got += read_all(*first);
  }
  f.finish();
  got += read_all(*first);
  cr_assert(got == expected);
  cr_assert(f.state(*first) == http::Readiness::end);
  read_all(*second);
  cr_assert(f.state(*second) == http::Readiness::failed);
  cr_assert(fetch(f.zone, "k") == "-");
  first.reset();
  second.reset();
  cr_assert_not(f.origin.alive);
  cr_assert_eq(f.zone.totals().memory_used, 0);
  cr_assert(f.zone.check().empty());
}

Test(fill, a_body_announced_too_large_is_left_alone) {
  Fixture f;
  http::BodyPtr source = std::make_unique<Feed>(f.origin);
  cache::Fill::Object object;
  object.digest = f.zone.digest("k");
  object.key = "k";
  object.body_size = uint64_t{5} << 30;
  cr_assert_null(cache::Fill::start(f.fills, f.zone, std::move(object), source).get());
  cr_assert_not_null(source.get());
  cr_assert_eq(f.gate.inside(), 0);
}

Test(fill, purged_while_it_fills_its_readers_go_on_but_nobody_finds_it) {
  Fixture f;
  http::BodyPtr reader = f.start();
  f.feed("one ");
  f.zone.purge(f.zone.digest("k"));
  f.feed("two");
  f.finish();
  cr_assert(read_all(*reader) == "one two");
  cr_assert(f.state(*reader) == http::Readiness::end);
  cr_assert(fetch(f.zone, "k") == "-");
}
