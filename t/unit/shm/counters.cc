#include "shm/counters.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/histogram.h"

namespace {

void* shared(size_t size) {
  return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

}  // namespace

Test(counters, sum_adds_the_rows_of_all_processes_also_dead_ones) {
  shm::Counters counters(shared(shm::Counters::bytes(3, 2)), 3, 2);
  for (uint16_t process = 0; process < 3; ++process) {
    if (fork() == 0) {
      for (int i = 0; i < 1000; ++i) counters.add(process, 1);
      kill(getpid(), SIGKILL);
    }
  }
  while (wait(nullptr) > 0) {}
  cr_assert_eq(counters.sum(1), 3000);
  cr_assert_eq(counters.sum(0), 0);
}

Test(counters, a_dead_gauge_row_is_cleared) {
  shm::Counters counters(shared(shm::Counters::bytes(2, 1)), 2, 1);
  counters.add(0, 0, 5);
  counters.add(1, 0, 3);
  counters.add(1, 0, -1);
  counters.clear_row(0);
  cr_assert_eq(counters.sum(0), 2);
}

Test(histogram, every_value_falls_in_a_bucket_that_begins_at_most_a_sixteenth_below) {
  for (uint64_t value = 0; value < (uint64_t{1} << 40); value = value * 17 / 16 + 1) {
    uint32_t bucket = shm::Histogram::bucket(value);
    cr_assert_lt(bucket, shm::Histogram::kBuckets);
    uint64_t low = shm::Histogram::lowest(bucket);
    cr_assert(low <= value && value - low <= value / 16);
    cr_assert_eq(shm::Histogram::bucket(low), bucket);
  }
  cr_assert_eq(shm::Histogram::bucket(~uint64_t{0}), shm::Histogram::kBuckets - 1);
}

Test(histogram, quantiles_come_from_all_processes) {
  shm::Histogram histogram(shared(shm::Histogram::bytes(2)), 2);
  for (uint64_t i = 1; i <= 100; ++i) histogram.record(i % 2, i);
  cr_assert_eq(histogram.quantile(0.5), 50);
  cr_assert_eq(histogram.quantile(1.0), 100);
  cr_assert_eq(histogram.sum(), 5050);
}
