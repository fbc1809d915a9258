// Purges are remembered: by every process, over restarts, within bounds.
#include "cache/disk_purge_log.h"

#include <sys/wait.h>

#include <algorithm>
#include <fstream>

#include "t/unit/cache/disk_fixture.h"

using namespace disk_test;
using cache::PurgeBook;
using cache::PurgeKind;
using cache::PurgeLog;
using cache::PurgeOrder;

namespace {

PurgeOrder order(PurgeKind kind, uint64_t sequence, std::string_view name, uint32_t time = 1000) {
  PurgeOrder made;
  made.kind = kind;
  made.sequence = sequence;
  made.time = time;
  made.digest = base::digest128(name);
  if (kind == PurgeKind::prefix || kind == PurgeKind::regex) made.text = name;
  return made;
}

struct Logs {
  TempFolder folder;
  Faults faults;
  FaultyFolder disk{folder.path, faults};
  PurgeLog open(uint64_t capacity = 256 * 1024, uint64_t seed = 7) { return PurgeLog(disk, seed, capacity); }
};

}  // namespace

Test(disk_purge_log, orders_are_there_for_others_and_after_a_restart) {
  Logs logs;
  PurgeLog mine = logs.open(), other = logs.open();
  cr_assert(other.read_new()->empty());
  cr_assert(mine.append({order(PurgeKind::key, 5, "a"), order(PurgeKind::prefix, 6, "http://h/p")}, 0));
  auto seen = other.read_new();
  cr_assert_eq(seen->size(), 2);
  cr_assert(seen->at(1).text == "http://h/p" && seen->at(1).sequence == 6);
  cr_assert(other.read_new()->empty());
  cr_assert(mine.append({order(PurgeKind::tag, 7, "t")}, 0));
  cr_assert_eq(other.read_new()->size(), 1);
  PurgeLog later = logs.open();
  cr_assert_eq(later.read_new()->size(), 3);
  PurgeLog of_another_store = logs.open(256 * 1024, 8);
  cr_assert(of_another_store.read_new()->empty());
}

Test(disk_purge_log, a_torn_order_is_skipped) {
  for (size_t cut = 0; cut < 320; ++cut) {
    Logs logs;
    {
      PurgeLog log = logs.open();
      (void)log.append({order(PurgeKind::key, 5, "a")}, 0);
      (void)log.append({order(PurgeKind::regex, 6, std::string(200, 'r'))}, 0);
    }
    std::filesystem::resize_file(logs.folder.file("purges"), 64 + cut % 320);
    PurgeLog log = logs.open();
    (void)log.append({order(PurgeKind::key, 9, "b")}, 0);
    auto orders = log.read_new();
    bool whole = cut >= 264;
    cr_assert_eq(orders->size(), whole ? 3 : 2, "cut at %zu: %zu orders", cut, orders->size());
    cr_assert_eq(orders->front().sequence, 5);
    cr_assert_eq(orders->back().sequence, 9);
  }
}

Test(disk_purge_log, what_covers_no_record_any_more_goes) {
  Logs logs;
  PurgeLog log = logs.open(), other = logs.open();
  (void)log.append({order(PurgeKind::key, 5, "old", 1000), order(PurgeKind::key, 50, "new", 1000),
                    order(PurgeKind::key, 6, "just now", 2900), order(PurgeKind::prefix, 7, "gone", 1000)},
                   0);
  (void)other.read_new();
  cr_assert(log.compact(40, 3000));
  auto orders = other.read_new();
  cr_assert_eq(orders->size(), 2);
  cr_assert_eq(orders->at(0).sequence, 6);
  cr_assert_eq(orders->at(1).sequence, 50);
  (void)other.append({order(PurgeKind::key, 60, "x")}, 0);
  cr_assert_eq(log.read_new()->size(), 3);
}

Test(disk_purge_log, equal_orders_become_one_and_everything_swallows_what_was_before) {
  Logs logs;
  PurgeLog log = logs.open();
  for (uint64_t i = 1; i < 100; ++i) (void)log.append({order(PurgeKind::tag, i, "same")}, 0);
  (void)log.compact(0, 1000);
  cr_assert_eq(log.read_new()->size(), 1);
  (void)log.append({order(PurgeKind::everything, 200, "")}, 0);
  (void)log.append({order(PurgeKind::key, 201, "k")}, 0);
  (void)log.compact(0, 1000);
  auto orders = log.read_new();
  cr_assert_eq(orders->size(), 2);
  cr_assert_eq(orders->at(0).kind, PurgeKind::everything);
}

Test(disk_purge_log, is_bounded_and_never_forgets_a_purge) {
  Logs logs;
  const uint64_t capacity = 64 * 1024;
  PurgeLog log = logs.open(capacity);
  for (uint64_t i = 1; i <= 5000; ++i) {
    cr_assert(log.append({order(PurgeKind::key, i, fmt::format("k{}", i))}, 0));
    cr_assert_leq(*log.size(), capacity);
  }
  PurgeLog later = logs.open(capacity);
  PurgeBook book;
  auto orders = later.read_new();
  for (const PurgeOrder& item : *orders) book.add(item);
  for (uint64_t i = 1; i <= 5000; ++i) {
    // A record from before the purge is gone; one from after the last is kept.
    base::Digest digest = base::digest128(fmt::format("k{}", i));
    cr_assert_eq(book.judge(digest, {}, i - 1), PurgeBook::Verdict::gone);
    cr_assert_eq(book.judge(digest, {}, 5001), PurgeBook::Verdict::keep);
  }
}

Test(disk_purge_log, too_many_prefixes_become_an_order_that_covers_more) {
  Logs logs;
  PurgeLog log = logs.open(1 << 20);
  std::vector<PurgeOrder> some;
  for (uint64_t i = 1; i <= 1500; ++i) {
    some.push_back(order(PurgeKind::prefix, i, fmt::format("p{}", i)));
    if (some.size() == 100) {
      cr_assert(log.append(some, 0));
      some.clear();
    }
  }
  (void)log.compact(0, 1000);
  auto orders = log.read_new();
  size_t prefixes = 0;
  uint64_t everything = 0;
  for (const PurgeOrder& item : *orders) {
    prefixes += item.kind == PurgeKind::prefix;
    if (item.kind == PurgeKind::everything) everything = item.sequence;
  }
  cr_assert_leq(prefixes, PurgeLog::kMostStanding);
  cr_assert_eq(everything + prefixes, 1500);
  cr_assert_geq(prefixes, PurgeLog::kMostStanding / 2 - 1);
}

Test(disk_purge_log, long_expressions_keep_within_the_bounds_too) {
  Logs logs;
  const uint64_t capacity = 64 * 1024;
  PurgeLog log = logs.open(capacity);
  for (uint64_t i = 1; i <= 300; ++i) {
    std::string text = fmt::format("{}{}", std::string(4000, 'x'), i);
    cr_assert(
        log.append({order(PurgeKind::regex, i, text), order(PurgeKind::key, i, fmt::format("k{}", i))}, 0));
    cr_assert_leq(*log.size(), capacity, "%lu", i);
  }
}

Test(disk_purge_log, several_processes_append_while_one_compacts) {
  Logs logs;
  for (uint64_t process = 0; process < 4; ++process) {
    if (fork() == 0) {
      PurgeLog log = logs.open(64 * 1024);
      for (uint64_t i = 0; i < 300; ++i) {
        if (!log.append({order(PurgeKind::key, process * 1000 + i + 1, fmt::format("p{}i{}", process, i))},
                        0))
          _exit(1);
        if (process == 0 && i % 10 == 0 && !log.compact(0, 1000)) _exit(2);
      }
      _exit(0);
    }
  }
  int status;
  while (wait(&status) > 0) cr_assert_eq(status, 0, "%x", status);
  PurgeLog log = logs.open(64 * 1024);
  PurgeBook book;
  auto orders = log.read_new();
  for (const PurgeOrder& item : *orders) book.add(item);
  for (uint64_t process = 0; process < 4; ++process) {
    for (uint64_t i = 0; i < 300; ++i) {
      base::Digest digest = base::digest128(fmt::format("p{}i{}", process, i));
      cr_assert_eq(book.judge(digest, {}, process * 1000 + i), PurgeBook::Verdict::gone, "%lu %lu", process,
                   i);
    }
  }
}

Test(disk_purge_log, an_error_is_told) {
  Logs logs;
  PurgeLog log = logs.open();
  cr_assert(log.append({order(PurgeKind::key, 1, "a")}, 0));
  logs.faults.sync = EIO;
  cr_assert_not(log.append({order(PurgeKind::key, 2, "b")}, 0));
  logs.faults.sync = 0;
  logs.faults.write = ENOSPC;
  cr_assert_not(log.append({order(PurgeKind::key, 3, "c")}, 0));
  logs.faults.write = 0;
  cr_assert(log.append({order(PurgeKind::key, 4, "d")}, 0));
}

Test(disk_purge_log, a_purged_object_does_not_come_back_with_a_restart) {
  TempFolder folder;
  {
    Opened opened(folder, fresh_memory());
    store(opened, "purged", "old");
    store(opened, "kept", "old");
    store(opened, "again", "old");
    store(opened, "soft", "old");
    cache::DiskRegions& regions = opened.volume.regions();
    std::vector<PurgeOrder> orders = {order(PurgeKind::key, regions.next_sequence(), "purged"),
                                      order(PurgeKind::key, regions.next_sequence(), "again"),
                                      order(PurgeKind::key, regions.next_sequence(), "soft")};
    orders[2].soft = true;
    cr_assert(opened.purges->append(orders, 0));
    store(opened, "again", "new");
  }
  Opened opened(folder, fresh_memory());
  Index index;
  index.load(opened);
  cr_assert_eq(index.find("purged"), 0);
  cr_assert(fetch(opened, "kept", index.find("kept")) == "old");
  cr_assert(fetch(opened, "again", index.find("again")) == "new");
  cr_assert(index.by_digest[Index::name(base::digest128("soft"))].stale);
  cr_assert_not(index.by_digest[Index::name(base::digest128("kept"))].stale);
}
