// A process is killed between any two stores to the zone; the others go on, nothing that was complete is
// lost, no torn object is ever served, no memory leaks.
#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "shm/crash_point.h"
#include "t/unit/cache/zone_fixture.h"

using namespace cache_test;
using cache::Zone;

namespace {

// Stores, replaces, reads, purges, abandons, evicts: a little of everything, the same each time.
void live(Zone& zone) {
  base::Arena arena;
  for (int i = 0; i < 3; ++i) store(zone, fmt::format("new{}", i), pattern(fmt::format("new{}", i), 6000));
  cache::Found found = zone.find(zone.digest("kept0"), "kept0", 1000, arena);
  store(zone, "new0", pattern("new0", 9000));
  found.pin.release();
  cache::Found renewed = zone.find(zone.digest("new0"), "new0", 1000, arena);
  zone.renew(renewed.ref, renewed.facts, "new");
  renewed.pin.release();
  cache::Writer growing = begin(zone, "new4", std::nullopt);
  for (int i = 0; i < 4; ++i) growing.append(pattern("new4", 3000));
  growing.abandon();
  zone.purge(zone.digest("new1"));
  zone.store_marker(zone.digest("new5"), "new5", "accept", 1000, arena);
  zone.evict();
}

}  // namespace

Test(crash_points, a_kill_between_any_two_stores_loses_only_what_was_being_written, .timeout = 120) {
  for (int point = 1;; ++point) {
    ZoneFixture fixture(32 * 1024, 256 * 1024);
    Zone zone = fixture.open(0);
    for (int i = 0; i < 8; ++i)
      store(zone, fmt::format("kept{}", i), pattern(fmt::format("kept{}", i), 7000));
    pid_t child = fork();
    if (child == 0) {
      shm::crash_countdown = point;
      // The child's view shares the mapping; it never destroys it.
      Zone* own = new Zone(shm::Mapping(fixture.bytes, fixture.shape.total), fixture.shape, 1);
      live(*own);
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    // Before the keeper comes by, others read and write already.
    int kept = 0;
    for (int i = 0; i < 8; ++i) {
      std::string key = fmt::format("kept{}", i);
      std::string body = fetch(zone, key);
      cr_assert(body == "-" || body == pattern(key, 7000), "killed at %d: %s is torn", point, key.c_str());
      kept += body != "-";
    }
    cr_assert_geq(kept, 7, "killed at %d: only one can have been evicted", point);
    for (int i = 0; i < 6; ++i) {
      std::string key = fmt::format("new{}", i);
      std::string body = fetch(zone, key);
      cr_assert(body == "-" || body == "" || body == pattern(key, 6000) || body == pattern(key, 9000),
                "killed at %d: %s is torn", point, key.c_str());
    }
    cr_assert(store(zone, "after", pattern("after", 5000)), "killed at %d: cannot store", point);
    zone.release_process(1);
    std::string wrong = zone.check();
    cr_assert(wrong.empty(), "killed at %d: %s", point, wrong.c_str());
    cache::ZoneTotals totals = zone.totals();
    cr_assert_eq(totals.bytes, totals.memory_used, "killed at %d: %lu bytes in objects, %lu used", point,
                 totals.bytes, totals.memory_used);
    if (WIFEXITED(status)) {
      cr_assert_gt(point, 100);
      return;
    }
  }
}

// Processes store, read and check patterns as fast as they can and are killed at random instants.
Test(crash_points, random_kills_under_load_never_show_a_wrong_body, .timeout = 60) {
  ZoneFixture fixture(64 * 1024, 512 * 1024);
  Zone zone = fixture.open(0);
  auto work = [&fixture](uint16_t process, unsigned seed) {
    Zone* own = new Zone(shm::Mapping(fixture.bytes, fixture.shape.total), fixture.shape, process);
    std::mt19937 random(seed);
    std::vector<cache::Pin> pins(8);
    for (;;) {
      std::string key = fmt::format("k{}", random() % 300);
      size_t size = std::hash<std::string>()(key) % 12000;
      switch (random() % 8) {
        case 0: store(*own, key, pattern(key, size)); break;
        case 1: own->purge(own->digest(key)); break;
        case 2: {
          base::Arena arena;
          pins[random() % 8] = std::move(own->find(own->digest(key), key, 1000, arena).pin);
          break;
        }
        default: {
          std::string body = fetch(*own, key);
          if (body == "-") {
            store(*own, key, pattern(key, size));
          } else if (body != pattern(key, size)) {
            _exit(99);
          }
        }
      }
    }
  };
  std::mt19937 random(42);
  pid_t children[3] = {};
  auto start = [&](unsigned i, unsigned round) {
    children[i] = fork();
    if (children[i] == 0) work(static_cast<uint16_t>(i + 1), round * 3 + i);
  };
  for (unsigned i = 0; i < 3; ++i) start(i, 0);
  for (unsigned round = 1; round <= 150; ++round) {
    unsigned i = random() % 3;
    usleep(random() % 20000);
    kill(children[i], SIGKILL);
    int status;
    waitpid(children[i], &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a wrong body, or a crash: %x", status);
    zone.release_process(static_cast<uint16_t>(i + 1));
    start(i, round);
  }
  for (unsigned i = 0; i < 3; ++i) {
    kill(children[i], SIGKILL);
    int status;
    waitpid(children[i], &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a wrong body, or a crash: %x", status);
    zone.release_process(static_cast<uint16_t>(i + 1));
  }
  std::string wrong = zone.check();
  cr_assert(wrong.empty(), "%s", wrong.c_str());
  cr_assert_eq(zone.totals().bytes, zone.totals().memory_used);
  cr_log_info("%lu recoveries, %lu objects\n", zone.totals().recoveries, zone.totals().objects);
}
