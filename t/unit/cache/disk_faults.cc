// Several processes with a store each, killed at random instants while their disks fail now and then.
#include <sys/wait.h>

#include <random>

#include "t/unit/cache/disk_process.h"

using namespace disk_test;

namespace {

constexpr uint32_t kKeys = 150;

size_t size_of(uint32_t number) { return number % 10 == 0 ? 40000 + number * 777 : number * 61; }

/// Stores and finds until it is killed; ends with 99 at one wrong byte.
[[noreturn]] void work(const TempFolder& folder, std::byte* memory, std::atomic<uint64_t>* places,
                       uint16_t index, unsigned seed) {
  auto* process = new Process(folder, memory, 4 << 20, 0, index);
  std::mt19937 random(seed);
  for (;;) {
    bool ill = random() % 20 == 0;
    int errors[] = {EIO, ENOSPC};
    process->faults.read = ill ? EIO : 0;
    process->faults.write = ill ? errors[random() % 2] : 0;
    process->faults.most = random() % 10 == 0 ? 1000 : 0;
    process->faults.never_in_memory = random() % 2 == 0;
    process->store->volume().regions().header().offline_until = 0;
    uint32_t number = random() % kKeys;
    std::string key = fmt::format("k{}", number);
    std::string right = pattern(key, size_of(number));
    if (random() % 3 == 0) {
      uint64_t place = random() % 2 == 0 ? process->put(key, right) : process->write(key, right, 5000);
      if (place != 0) places[number] = place;
      continue;
    }
    DiskFound found = process->find(key, places[number]);
    if (!found) continue;
    std::string body = process->whole(found);
    bool ended_early = !body.empty() && body.back() == '!';
    if (ended_early) body.pop_back();
    if (body != (ended_early ? right.substr(0, body.size()) : right)) _exit(99);
  }
}

}  // namespace

Test(disk_faults, killed_workers_and_failing_disks_never_show_a_wrong_body, .timeout = 100) {
  TempFolder folder;
  std::byte* memory = fresh_memory();
  auto* places = static_cast<std::atomic<uint64_t>*>(
      mmap(nullptr, kKeys * 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  Process keeper(folder, memory, 4 << 20);
  cr_assert_str_empty(keeper.error.c_str());
  keeper.load();
  std::mt19937 random(7);
  pid_t children[3];
  auto start = [&](unsigned i, unsigned seed) {
    children[i] = fork();
    if (children[i] == 0) work(folder, memory, places, static_cast<uint16_t>(i + 1), seed);
  };
  auto end = [&](unsigned i) {
    kill(children[i], SIGKILL);
    int status;
    waitpid(children[i], &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a wrong body, or a crash: %x", status);
    keeper.store->release_process(static_cast<uint16_t>(i + 1));
  };
  for (unsigned i = 0; i < 3; ++i) start(i, i);
  for (unsigned round = 1; round <= 120; ++round) {
    usleep(random() % 40000);
    unsigned i = random() % 3;
    end(i);
    keeper.maintain();
    start(i, round * 3 + i);
  }
  for (unsigned i = 0; i < 3; ++i) end(i);
  for (int i = 0; i < 4; ++i) keeper.maintain();
  cache::DiskRegions& regions = keeper.store->volume().regions();
  std::string wrong = regions.check();
  cr_assert(wrong.empty(), "%s", wrong.c_str());
  cr_assert_eq(regions.in_state(cache::RegionState::orphan), 0);
  cr_assert_leq(regions.in_state(cache::RegionState::open), 1);
  cr_assert_leq(std::filesystem::file_size(folder.file("regions")), 4 << 20);
  cr_assert_gt(keeper.count(DiskCount::recycled), 5);
  cr_assert_gt(keeper.count(DiskCount::read_errors), 5);
  cr_assert_gt(keeper.count(DiskCount::write_errors), 5);
  cr_assert(keeper.put("after", "all is well"));
}
