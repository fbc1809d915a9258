// A zone with its disk: what memory gives up stays, what is asked for again comes back, what was purged is
// gone.
#include "cache/tiers.h"

#include "t/unit/cache/disk_process.h"
#include "t/unit/cache/zone_fixture.h"

using namespace disk_test;

namespace {

/// One process with a zone and its disk, loaded.
struct Node {
  Node(const TempFolder& folder, cache_test::ZoneFixture& memory, std::byte* regions = fresh_memory())
      : zone(memory.open(0)), log(2, base::LogLevel::emerg, nullptr) {
    threads = std::make_unique<event::DiskThreads>(loop, 2);
    cache::DiskStorePtr store =
        cache::DiskStore::make(loop, *threads, std::make_unique<FaultyFolder>(folder.path, faults),
                               {16 << 20, 0}, shm::Mapping(regions, cache::DiskRegions::bytes()), 0);
    cache::Tiers::Identity identity{"one", folder.path};
    tiers = std::make_unique<cache::Tiers>(loop, log, zone, std::move(store), identity);
    tiers->keep();
    until([&] { return tiers->store().attached() && !tiers->store().totals().loading; });
  }
  ~Node() {
    threads.reset();
    tiers.reset();
  }
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) loop.run_once(true);
  }
  void store(std::string_view key, std::string_view body) {
    cr_assert(cache_test::store(zone, key, body));
    until([&] { return tiers->waiting() == 0; });
  }
  static event::Task<void> finding(Node& node, const std::string& key, uint64_t location, bool promote,
                                   std::string& body, bool& done) {
    base::Digest digest = node.zone.digest(key);
    cache::OnDisk found = co_await node.tiers->find(location, digest, key, promote);
    body = found ? std::string(found.found.whole_body().value_or("?")) : "-";
    done = true;
  }
  std::string from_disk(const std::string& key, bool promote = false) {
    base::Arena arena;
    cache::Found found = zone.find(zone.digest(key), key, 1000, arena);
    if (found) return "in memory";
    std::string body;
    bool done = false;
    event::spawn(finding(*this, key, found.location, promote, body, done));
    until([&] { return done; });
    return body;
  }
  void stop() {
    bool done = false;
    tiers->stop([&] { done = true; });
    until([&] { return done; });
  }

  Faults faults;
  event::Loop loop;
  std::unique_ptr<event::DiskThreads> threads;
  cache::Zone zone;
  base::Log log;
  std::unique_ptr<cache::Tiers> tiers;
};

}  // namespace

Test(tiers, what_memory_gives_up_is_found_on_the_disk_and_promoted) {
  TempFolder folder;
  cache_test::ZoneFixture memory;
  Node node(folder, memory);
  node.store("a", "body of a");
  cr_assert_neq(node.zone.location_of(node.zone.digest("a")).location, 0);
  while (node.zone.location_of(node.zone.digest("a")).in_memory) cr_assert(node.zone.evict());
  cr_assert(node.zone.check().empty());
  cr_assert(node.from_disk("a") == "body of a");
  cr_assert_not(node.zone.location_of(node.zone.digest("a")).in_memory);
  cr_assert(node.from_disk("a", true) == "body of a");
  cr_assert(node.from_disk("a") == "in memory");
  cr_assert(cache_test::fetch(node.zone, "a") == "body of a");
  cr_assert(node.zone.check().empty());
}

Test(tiers, a_purged_object_is_not_found_and_not_promoted) {
  TempFolder folder;
  cache_test::ZoneFixture memory;
  Node node(folder, memory);
  node.store("a", "body of a");
  while (node.zone.location_of(node.zone.digest("a")).in_memory) cr_assert(node.zone.evict());
  cr_assert(node.zone.purge(node.zone.digest("a")));
  cr_assert(node.from_disk("a") == "-");
  cr_assert(node.zone.check().empty());
}

Test(tiers, an_index_that_starts_empty_learns_what_is_there_but_not_what_was_purged) {
  TempFolder folder;
  cache_test::ZoneFixture memory;
  uint64_t seed = 0;
  {
    Node node(folder, memory);
    seed = node.zone.seed();
    for (const char* key : {"a", "b", "c"}) node.store(key, std::string("body of ") + key);
    node.store("b", "newer b");
    node.zone.purge(node.zone.digest("c"));
    node.stop();
  }
  cr_assert_eq(cache::read_saved_seed(folder.path).value_or(0), seed);
  cache_test::ZoneFixture fresh;
  cache::Zone::format(fresh.bytes, fresh.shape, seed);
  Node node(folder, fresh);
  cr_assert(node.from_disk("a") == "body of a");
  cr_assert(node.from_disk("b") == "newer b");
  cr_assert(node.from_disk("c") == "-");
  cr_assert(node.zone.check().empty());
}

Test(tiers, a_disk_that_fails_loses_nothing_that_is_in_memory) {
  TempFolder folder;
  cache_test::ZoneFixture memory;
  Node node(folder, memory);
  node.faults.write = ENOSPC;
  node.store("a", "body of a");
  cr_assert_eq(node.zone.location_of(node.zone.digest("a")).location, 0);
  cr_assert(cache_test::fetch(node.zone, "a") == "body of a");
  cr_assert_gt(node.tiers->store().totals().counts[static_cast<size_t>(DiskCount::no_space)], 0);
}
