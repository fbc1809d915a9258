// A process is killed between any two steps of writing, and at random instants under load; the others go on,
// what was complete is found, nothing is ever another's bytes, and a restart finds it too.
#include <sys/wait.h>

#include <random>

#include "shm/crash_point.h"
#include "t/unit/cache/disk_fixture.h"

using namespace disk_test;
using cache::RegionState;

namespace {

// Fills several regions, purges, compacts, stops: every crash point of the store.
void live(Opened& opened) {
  for (int i = 0; i < 30; ++i) store(opened, fmt::format("new{}", i), pattern(fmt::format("new{}", i), 5000));
  cache::PurgeOrder order;
  order.sequence = opened.volume.regions().next_sequence();
  order.digest = base::digest128("new1");
  (void)opened.purges->append({order}, 0);
  (void)opened.purges->compact(0, 1000);
  (void)opened.log.seal(true);
}

void check(cache::DiskVolume& volume, int point) {
  std::string wrong = volume.regions().check();
  cr_assert(wrong.empty(), "killed at %d: %s", point, wrong.c_str());
}

}  // namespace

Test(disk_crash, a_kill_between_any_two_steps_loses_only_what_was_being_written, .timeout = 120) {
  bool through = false;
  int point = 1;
  for (; !through; ++point) {
    TempFolder folder;
    std::byte* memory = fresh_memory();
    std::map<std::string, uint64_t> kept;
    {
      Opened opened(folder, memory, 0, 1 << 20);
      for (int i = 0; i < 8; ++i) {
        std::string key = fmt::format("kept{}", i);
        kept[key] = store(opened, key, pattern(key, 6000));
      }
      pid_t child = fork();
      if (child == 0) {
        Opened own(folder, memory, 1, 1 << 20);
        shm::crash_countdown = point;
        live(own);
        _exit(0);
      }
      int status;
      waitpid(child, &status, 0);
      through = WIFEXITED(status);
      // Others go on before the keeper comes by.
      kept["after"] = store(opened, "after", pattern("after", 6000));
      cr_assert_neq(kept["after"], 0, "killed at %d: cannot store", point);
      opened.volume.regions().release_process(1);
      check(opened.volume, point);
      base::Result<bool> sealed = true;
      while (sealed && *sealed) sealed = opened.log.seal_orphan();
      cr_assert(sealed);
      cr_assert_eq(opened.volume.regions().in_state(RegionState::orphan), 0);
      for (auto& [key, place] : kept)
        cr_assert(fetch(opened, key, place) == pattern(key, 6000), "killed at %d", point);
      check(opened.volume, point);
    }
    munmap(memory, cache::DiskRegions::bytes());
    memory = fresh_memory();
    {
      Opened opened(folder, memory, 0, 1 << 20);
      Index index;
      cr_assert_gt(index.load(opened), 0);
      for (auto& [key, place] : kept) {
        cr_assert(fetch(opened, key, index.find(key)) == pattern(key, 6000), "killed at %d: %s", point,
                  key.c_str());
      }
      for (int i = 0; i < 30; ++i) {
        std::string key = fmt::format("new{}", i);
        std::string body = fetch(opened, key, index.find(key));
        cr_assert(body == "-" || body == pattern(key, 5000), "killed at %d: %s", point, key.c_str());
        if (through && i != 1) cr_assert_neq(body.size(), 1);
      }
      if (through) cr_assert_eq(index.find("new1"), 0);
    }
    munmap(memory, cache::DiskRegions::bytes());
  }
  cr_assert_gt(point, 100);
}

Test(disk_crash, a_keeper_killed_anywhere_while_loading_is_followed_by_one_that_goes_on, .timeout = 120) {
  bool through = false;
  for (int point = 1; !through; ++point) {
    TempFolder folder;
    std::byte* memory = fresh_memory();
    {
      Opened opened(folder, memory, 0, 1 << 20);
      for (int i = 0; i < 40; ++i) store(opened, fmt::format("k{}", i), pattern("body", 5000));
    }
    munmap(memory, cache::DiskRegions::bytes());
    memory = fresh_memory();
    // Where the index would be: seen by both keepers.
    auto* loaded = static_cast<std::atomic<int>*>(
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    auto load = [&](uint16_t process) {
      Opened opened(folder, memory, process, 1 << 20);
      cache::DiskLoader loader(opened.volume, opened.log, *opened.purges);
      (void)loader.orders();
      std::vector<cache::LoadedObject> batch;
      for (base::Result<bool> more = true; more && *more;) {
        more = loader.next(batch);
        for (const cache::LoadedObject& object : batch) {
          for (int i = 0; i < 40; ++i) {
            if (object.digest == base::digest128(fmt::format("k{}", i))) loaded[i] = 1;
          }
        }
      }
      opened.volume.regions().release_process(process);
    };
    pid_t child = fork();
    if (child == 0) {
      shm::crash_countdown = point;
      load(1);
      _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    through = WIFEXITED(status);
    cache::DiskRegions(memory).release_process(1);
    load(2);
    for (int i = 0; i < 40; ++i) cr_assert_eq(loaded[i].load(), 1, "killed at %d: k%d", point, i);
    munmap(memory, cache::DiskRegions::bytes());
    munmap(loaded, 4096);
  }
}

// Bodies tell where they belong: a writer reads back what it and others stored, of which places lie in shared
// memory, and ends with 99 at one wrong byte.
Test(disk_crash, random_kills_under_load_never_show_a_wrong_body, .timeout = 100) {
  TempFolder folder;
  std::byte* memory = fresh_memory();
  constexpr uint32_t kKeys = 200;
  auto* places = static_cast<std::atomic<uint64_t>*>(
      mmap(nullptr, kKeys * 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  Opened keeper(folder, memory, 0, 2 << 20);
  cr_assert_str_empty(keeper.error.c_str());
  auto work = [&](uint16_t process, unsigned seed) {
    auto* own = new Opened(folder, memory, process, 2 << 20);
    std::mt19937 random(seed);
    for (;;) {
      uint32_t number = random() % kKeys;
      std::string key = fmt::format("k{}", number);
      size_t size = number * 61 % 9000;
      if (random() % 3 != 0) {
        uint64_t place = places[number];
        std::string body = fetch(*own, key, place);
        if (body != "-" && body != pattern(key, size)) _exit(99);
      } else {
        uint64_t place = store(*own, key, pattern(key, size));
        if (place != 0) places[number] = place;
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
    keeper.volume.regions().release_process(static_cast<uint16_t>(i + 1));
    (void)keeper.log.seal_orphan();
    start(i, round);
  }
  for (unsigned i = 0; i < 3; ++i) {
    kill(children[i], SIGKILL);
    waitpid(children[i], nullptr, 0);
    keeper.volume.regions().release_process(static_cast<uint16_t>(i + 1));
  }
  check(keeper.volume, -1);
  cr_assert_gt(keeper.volume.regions().count_of(cache::DiskCount::recycled), 10);
  cr_assert_leq(std::filesystem::file_size(folder.file("regions")), 2 << 20);
  int there = 0;
  for (uint32_t number = 0; number < kKeys; ++number) {
    std::string key = fmt::format("k{}", number);
    std::string body = fetch(keeper, key, places[number]);
    cr_assert(body == "-" || body == pattern(key, number * 61 % 9000));
    there += body != "-";
  }
  cr_assert_gt(there, 50);
}
