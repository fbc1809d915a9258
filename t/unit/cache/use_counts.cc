// proxy_cache_min_uses: uses of a key are counted by all processes together, in bounded memory.
#include "cache/use_counts.h"

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Table {
  explicit Table(size_t keys_size) : bytes(cache::UseCounts::bytes(keys_size)) {
    memory = static_cast<std::byte*>(
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  }
  ~Table() { munmap(memory, bytes); }
  cache::UseCounts open(uint32_t inactive = 600) { return {memory, bytes, inactive}; }
  size_t bytes;
  std::byte* memory;
};

base::Digest digest_of(uint64_t number) {
  base::Digest digest;
  digest.low = number * 0x9e3779b97f4a7c15;
  digest.high = (number + 1) * 0xc2b2ae3d27d4eb4f;
  return digest;
}

}  // namespace

Test(use_counts, a_key_is_counted_by_itself) {
  Table table(64 * 1024);
  cache::UseCounts counts = table.open();
  for (uint32_t n = 1; n <= 3; ++n) {
    for (uint64_t key = 0; key < 20; ++key) cr_assert_eq(counts.count(digest_of(key), 100), n);
  }
}

Test(use_counts, a_count_begins_anew_when_nobody_asked_during_inactive) {
  Table table(64 * 1024);
  cache::UseCounts counts = table.open(10);
  cr_assert_eq(counts.count(digest_of(1), 100), 1);
  cr_assert_eq(counts.count(digest_of(1), 110), 2);
  cr_assert_eq(counts.count(digest_of(1), 121), 1);
}

Test(use_counts, the_count_stops_at_its_limit) {
  Table table(64 * 1024);
  cache::UseCounts counts = table.open();
  uint32_t last = 0;
  for (int i = 0; i < 5000; ++i) last = counts.count(digest_of(1), 100);
  cr_assert_eq(last, cache::UseCounts::kMost);
}

Test(use_counts, the_time_may_wrap_around) {
  Table table(64 * 1024);
  cache::UseCounts counts = table.open(10);
  cr_assert_eq(counts.count(digest_of(1), (1U << 22) - 2), 1);
  cr_assert_eq(counts.count(digest_of(1), (1U << 22) + 3), 2);
}

Test(use_counts, where_there_is_no_room_the_one_unused_longest_is_forgotten) {
  Table table(1);  // eight places
  cache::UseCounts counts = table.open();
  for (uint32_t key = 0; key < 8; ++key) counts.count(digest_of(key), 100 + key);
  cr_assert_eq(counts.count(digest_of(0), 110), 2);
  cr_assert_eq(counts.count(digest_of(8), 111), 1);
  cr_assert_eq(counts.count(digest_of(0), 112), 3, "it was used lately");
  cr_assert_eq(counts.count(digest_of(1), 113), 1, "it had been used longest ago");
}

Test(use_counts, processes_count_together) {
  Table table(64 * 1024);
  for (int i = 0; i < 4; ++i) {
    if (fork() != 0) continue;
    cache::UseCounts counts = table.open();
    for (int n = 0; n < 100; ++n) counts.count(digest_of(7), 100);
    _exit(0);
  }
  while (wait(nullptr) > 0) {}
  uint32_t seen = table.open().count(digest_of(7), 100);
  // Whoever lost sixteen races in a row was not counted; two that came first at once count apart.
  cr_assert_geq(seen, 100);
  cr_assert_leq(seen, 401);
}
