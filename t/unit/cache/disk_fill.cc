// Fills that go to the disk because memory cannot take them: as a process with its loop sees them, and
// another one.
#include "cache/fill.h"
#include "cache/growing_body.h"
#include "cache/tiers.h"
#include "t/unit/cache/disk_process.h"
#include "t/unit/cache/feed.h"
#include "t/unit/cache/zone_fixture.h"

using namespace disk_test;
using cache_test::Feed;
using cache_test::ZoneFixture;

namespace {

constexpr size_t kLarge = 3'000'000;  // several extents, and more than the memory

/// One process with a zone, its disk and its fills.
struct Node {
  Node(const TempFolder& folder, ZoneFixture& memory, std::byte* regions, uint16_t index = 0)
      : threads(std::make_unique<event::DiskThreads>(loop, 2)),
        zone(memory.open_elsewhere(index)),
        log(2, base::LogLevel::emerg, nullptr) {
    cache::DiskStorePtr store =
        cache::DiskStore::make(loop, *threads, std::make_unique<FaultyFolder>(folder.path, faults),
                               {32 << 20, 0}, shm::Mapping(regions, cache::DiskRegions::bytes()), index);
    cache::Tiers::Identity identity{"one", folder.path};
    tiers = std::make_unique<cache::Tiers>(loop, log, zone, std::move(store), identity);
    index == 0 ? tiers->keep() : tiers->attach();
    until([&] { return tiers->store().attached() && !tiers->store().totals().loading; });
    fills.set_disk(tiers.get());
  }
  ~Node() {
    threads.reset();
    tiers.reset();
  }
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) loop.run_once(true);
  }
  http::BodyPtr start(std::string_view key, std::optional<uint64_t> size) {
    http::BodyPtr source = std::make_unique<Feed>(origin);
    cache::Fill::Object object;
    object.digest = zone.digest(key);
    object.key = key;
    object.head = "head";
    object.facts.status = 200;
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
    if (origin.alive && origin.reader != nullptr) loop.post(*origin.reader);
    fills.look();
    loop.run_once(false);
  }
  /// Takes what comes until there are `size` bytes or the end; '!' stands for a failure.
  std::string read(http::Body& body, size_t size, Node* other = nullptr) {
    std::string text;
    Waiter waiter;
    body.set_reader(&waiter);
    iovec pieces[4];
    while (text.size() < size) {
      http::Peek peek = body.peek(pieces);
      if (peek.state == http::Readiness::failed) text += "!";
      if (peek.state == http::Readiness::failed || peek.state == http::Readiness::end) break;
      if (peek.state == http::Readiness::ready) {
        size_t take = std::min({pieces[0].iov_len, size_t{100'000}, size - text.size()});
        text.append(static_cast<char*>(pieces[0].iov_base), take);
        body.consume(take);
        continue;
      }
      loop.run_once(false);
      if (other != nullptr) other->turn();
      fills.look();
    }
    body.set_reader(nullptr);
    return text;
  }
  cache::FoundGrowing find_growing(std::string_view key) {
    return fills.find_growing(zone.digest(key), key, arena);
  }
  static event::Task<void> finding(Node& node, std::string key, uint64_t location, cache::OnDisk& out,
                                   bool& done) {
    base::Digest digest = node.zone.digest(key);
    out = co_await node.tiers->find(location, digest, key, false);
    done = true;
  }
  /// The body that a lookup finds; "-": there is none.
  std::string fetch(std::string_view key) {
    cache::Found found = zone.find(zone.digest(key), key, 1000, arena);
    if (found || found.location == 0) return found ? "in memory" : "-";
    cache::OnDisk on_disk;
    bool done = false;
    event::spawn(finding(*this, std::string(key), found.location, on_disk, done));
    until([&] { return done; });
    if (!on_disk) return "-";
    http::BodyPtr body = on_disk.found.body(0, on_disk.found.body_size());
    return read(*body, SIZE_MAX);
  }
  uint64_t count(DiskCount what) { return tiers->store().totals().counts[static_cast<size_t>(what)]; }

  Faults faults;
  event::Loop loop;
  std::unique_ptr<event::DiskThreads> threads;
  cache::Zone zone;
  base::Log log;
  std::unique_ptr<cache::Tiers> tiers;
  event::Gate gate{loop.ready()};
  cache::Fills fills{loop, gate, zone};
  Feed::Shared origin;
  base::Arena arena;
};

struct One {
  TempFolder folder;
  ZoneFixture memory;
  std::byte* regions = fresh_memory();
  Node node{folder, memory, regions};
};

struct Two : One {
  Node other{folder, memory, regions, 1};
};

}  // namespace

Test(disk_fill, an_object_larger_than_memory_is_read_as_it_comes_and_found_afterwards) {
  One one;
  Node& node = one.node;
  std::string body = pattern("large", kLarge);
  http::BodyPtr reader = node.start("k", kLarge);
  cr_assert(reader);
  node.feed(body.substr(0, 1000));
  cr_assert(node.read(*reader, 1000) == body.substr(0, 1000), "nobody waits for a whole piece");
  for (size_t at = 1000; at < kLarge; at += 100'000) node.feed(body.substr(at, 100'000));
  node.finish();
  cr_assert(node.read(*reader, SIZE_MAX) == body.substr(1000));
  node.until([&] { return node.fills.count() == 0; });
  cr_assert(node.fetch("k") == body);
  cr_assert_not(node.origin.alive);
  cr_assert_eq(node.gate.inside(), 0);
  reader.reset();
  cr_assert_eq(node.zone.totals().memory_used, 0, "the list of extents is gone");
  cr_assert(node.zone.check().empty());
}

Test(disk_fill, it_is_pulled_to_its_end_without_readers) {
  One one;
  Node& node = one.node;
  std::string body = pattern("large", kLarge);
  node.start("k", kLarge).reset();
  for (size_t at = 0; at < kLarge; at += 300'000) node.feed(body.substr(at, 300'000));
  node.origin.ended = true;
  node.until([&] {
    node.turn();
    return node.fills.count() == 0;
  });
  cr_assert(node.fetch("k") == body);
}

Test(disk_fill, readers_that_come_later_share_it_here_and_in_another_process) {
  Two two;
  std::string body = pattern("shared", kLarge);
  http::BodyPtr first = two.node.start("k", kLarge);
  two.node.feed(body.substr(0, 800'000));
  cr_assert(two.node.read(*first, 800'000) == body.substr(0, 800'000));
  http::BodyPtr second = two.node.fills.find(two.node.zone.digest("k"), "k")->read();
  cache::FoundGrowing growing = two.other.find_growing("k");
  cr_assert(growing);
  cr_assert(growing.head == "head" && growing.body_size == kLarge);
  http::BodyPtr third = two.other.fills.read(std::move(growing));
  cr_assert(two.other.read(*third, 500'000) == body.substr(0, 500'000));
  two.node.feed(body.substr(800'000));
  two.node.finish();
  cr_assert(two.node.read(*second, SIZE_MAX) == body);
  two.node.until([&] { return two.node.fills.count() == 0; });
  cr_assert(two.other.read(*third, SIZE_MAX, &two.node) == body.substr(500'000), "also when it is whole");
  cr_assert(two.node.read(*first, SIZE_MAX) == body.substr(800'000));
  cr_assert(two.other.fetch("k") == body);
}

Test(disk_fill, an_object_that_outgrows_memory_goes_on_on_the_disk) {
  Two two;
  std::string body = pattern("grows", kLarge);
  http::BodyPtr first = two.node.start("k", std::nullopt);
  http::BodyPtr slow = two.node.fills.find(two.node.zone.digest("k"), "k")->read();
  two.node.feed(body.substr(0, 100'000));
  cr_assert(two.node.read(*first, 60'000) == body.substr(0, 60'000));
  iovec held[1];
  cr_assert(slow->peek(held).state == http::Readiness::ready);
  http::BodyPtr other = two.other.fills.read(two.other.find_growing("k"));
  cr_assert(two.other.read(*other, 50'000) == body.substr(0, 50'000));
  size_t at = 100'000;
  for (; at < kLarge; at += 100'000) two.node.feed(body.substr(at, 100'000));
  two.node.finish();
  cr_assert(two.node.read(*first, SIZE_MAX, &two.other) == body.substr(60'000));
  two.node.until([&] { return two.node.fills.count() == 0; });
  cr_assert_eq(memcmp(held[0].iov_base, body.data(), held[0].iov_len), 0, "what was named stays");
  cr_assert(two.node.read(*slow, SIZE_MAX) == body);
  cr_assert(two.other.read(*other, SIZE_MAX) == body.substr(50'000));
  cr_assert(two.node.fetch("k") == body);
  first.reset();
  slow.reset();
  other.reset();
  cr_assert_eq(two.node.zone.totals().memory_used, 0);
  cr_assert(two.node.zone.check().empty());
}

Test(disk_fill, when_the_disk_fails_the_first_reader_goes_on_with_the_origin) {
  for (std::optional<uint64_t> size : {std::optional<uint64_t>(kLarge), std::optional<uint64_t>()}) {
    for (size_t fails_at : {size_t{0}, size_t{1'000'000}, kLarge}) {
      One one;
      Node& node = one.node;
      std::string body = pattern("ill", kLarge);
      http::BodyPtr reader = node.start("k", size);
      cr_assert(reader);
      std::string got;
      for (size_t at = 0; at < kLarge; at += 100'000) {
        if (at >= fails_at) node.faults.write = ENOSPC;
        node.feed(body.substr(at, 100'000));
        if (at % 300'000 == 0) got += node.read(*reader, 100'000);
      }
      node.faults.write = ENOSPC;
      node.origin.ended = true;
      if (node.origin.alive) node.turn();
      got += node.read(*reader, SIZE_MAX);
      cr_assert(got == body, "failing at %zu: %zu bytes", fails_at, got.size());
      cr_assert_eq(node.fills.count(), 0);
      cr_assert(node.fetch("k") == "-");
      cr_assert_gt(node.count(DiskCount::no_space), 0);
      reader.reset();
      cr_assert_not(node.origin.alive);
      cr_assert_eq(node.gate.inside(), 0);
      cr_assert_eq(node.zone.totals().memory_used, 0);
    }
  }
}

Test(disk_fill, on_a_full_disk_it_does_not_recycle_its_own_beginning) {
  One one;
  Node& node = one.node;
  std::string body = pattern("full", kLarge);
  http::BodyPtr reader = node.start("k", kLarge);
  node.feed(body.substr(0, 1'000'000));
  std::string got = node.read(*reader, 100'000);
  node.until([&] { return node.count(DiskCount::bytes) > 900'000; });
  node.faults.reserve = ENOSPC;
  for (size_t at = 1'000'000; at < kLarge; at += 100'000) node.feed(body.substr(at, 100'000));
  node.finish();
  got += node.read(*reader, SIZE_MAX);
  cr_assert(got == body, "%zu bytes", got.size());
  cr_assert(node.fetch("k") == "-");
}

Test(disk_fill, a_body_that_breaks_off_is_never_complete) {
  Two two;
  std::string body = pattern("breaks", kLarge);
  http::BodyPtr reader = two.node.start("k", kLarge);
  two.node.feed(body.substr(0, 700'000));
  cr_assert(two.node.read(*reader, 700'000) == body.substr(0, 700'000));
  http::BodyPtr other = two.other.fills.read(two.other.find_growing("k"));
  two.node.origin.failed = true;
  two.node.turn();
  cr_assert(two.node.read(*reader, SIZE_MAX) == "!");
  cr_assert(two.other.read(*other, SIZE_MAX) == body.substr(0, 700'000) + "!");
  cr_assert(two.node.fetch("k") == "-");
  other.reset();
  cr_assert_eq(two.node.zone.totals().memory_used, 0);
}

Test(disk_fill, a_body_of_another_length_than_announced_is_not_stored) {
  One one;
  http::BodyPtr reader = one.node.start("k", kLarge);
  one.node.feed(pattern("short", 700'000));
  one.node.finish();
  cr_assert(one.node.read(*reader, SIZE_MAX).back() == '!');
  cr_assert(one.node.fetch("k") == "-");
}

Test(disk_fill, what_is_purged_meanwhile_is_not_found_also_after_a_restart) {
  TempFolder folder;
  ZoneFixture memory;
  auto first = std::make_unique<Node>(folder, memory, fresh_memory());
  Node& node = *first;
  std::string body = pattern("purged", kLarge);
  http::BodyPtr reader = node.start("k", kLarge);
  node.feed(body.substr(0, 700'000));
  node.zone.purge(node.zone.digest("k"));
  node.feed(body.substr(700'000));
  node.finish();
  cr_assert(node.read(*reader, SIZE_MAX) == body, "its readers go on");
  node.until([&] { return node.fills.count() == 0; });
  cr_assert(node.fetch("k") == "-");
  bool stopped = false;
  node.tiers->stop([&] { stopped = true; });
  node.until([&] { return stopped; });
  ZoneFixture fresh;
  cache::Zone::format(fresh.bytes, fresh.shape, node.zone.seed());
  reader.reset();
  first.reset();  // a store is mounted anew only when nobody has it open
  Node again(folder, fresh, fresh_memory());
  cr_assert(again.fetch("k") == "-");
}

Test(disk_fill, the_list_of_a_filler_that_died_is_given_back) {
  One two;
  static Node* dead = new Node(two.folder, two.memory, two.regions, 1);  // never ends what it began
  std::string body = pattern("dies", kLarge);
  static http::BodyPtr filler = dead->start("k", kLarge);
  dead->feed(body.substr(0, 700'000));
  cr_assert(dead->read(*filler, 700'000) == body.substr(0, 700'000));
  http::BodyPtr reader = two.node.fills.read(two.node.find_growing("k"));
  cr_assert(two.node.read(*reader, 300'000) == body.substr(0, 300'000));
  two.node.fills.release_process(1);
  two.node.tiers->release_process(1);
  cr_assert(two.node.read(*reader, SIZE_MAX) == body.substr(300'000, 400'000) + "!");
  reader.reset();
  cr_assert_eq(two.node.zone.totals().memory_used, 0);
  cr_assert(two.node.zone.check().empty());
}

Test(disk_fill, an_object_too_large_for_the_disk_is_left_alone) {
  One one;
  http::BodyPtr source = std::make_unique<Feed>(one.node.origin);
  cache::Fill::Object object;
  object.digest = one.node.zone.digest("k");
  object.key = "k";
  object.body_size = 20 << 20;
  cr_assert_null(cache::Fill::start(one.node.fills, one.node.zone, std::move(object), source).get());
  cr_assert_not_null(source.get());
  cr_assert_eq(one.node.zone.totals().memory_used, 0);
}
