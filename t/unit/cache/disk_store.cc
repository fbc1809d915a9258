// The store as a process uses it: nothing blocks, nothing fails a request, limits hold.
#include <algorithm>

#include "t/unit/cache/disk_process.h"

using namespace disk_test;

Test(disk_store, an_object_is_found_with_all_that_was_said_of_it) {
  for (bool threads : {false, true}) {
    TempFolder folder;
    Process process(folder);
    cr_assert_str_empty(process.error.c_str());
    process.faults.never_in_memory = threads;
    uint64_t tags[] = {11, 22, 33};
    DiskObject object = Process::object("key");
    object.tags = tags;
    object.stored_at = 5;
    object.expires = 6;
    object.kind = 7;
    uint64_t place = 0;
    cr_assert(process.store->put(object, "the body", [&](uint64_t at) { place = at; }));
    process.until([&] { return place != 0; });
    DiskFound found = process.find("key", place);
    cr_assert(found);
    cr_assert(found.object().key == "key" && found.object().facts == "facts" &&
              found.object().head == "a head");
    cr_assert(std::ranges::equal(found.object().tags, tags));
    cr_assert(found.object().stored_at == 5 && found.object().expires == 6 && found.object().kind == 7);
    cr_assert(found.whole_body() == "the body");
    cr_assert(process.whole(found) == "the body");
    cr_assert_not(process.find("another", place));
    cr_assert_not(process.find("key", place + (1 << 26)));
    cr_assert_not(process.find("key", 0));
  }
}

Test(disk_store, bodies_of_every_size_stream_in_and_out) {
  TempFolder folder;
  Process process(folder);
  size_t piece = process.store->volume().geometry().largest_piece();
  for (size_t size :
       {size_t{0}, size_t{1}, piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 1, 20 * piece + 5}) {
    std::string body = pattern("x", size);
    uint64_t place = process.write("key", body, 7777);
    cr_assert_neq(place, 0, "%zu", size);
    for (bool threads : {false, true}) {
      process.faults.never_in_memory = threads;
      DiskFound found = process.find("key", place);
      cr_assert(found, "%zu", size);
      cr_assert_eq(found.body_size(), size);
      cr_assert(process.whole(found) == body, "%zu", size);
      for (size_t first : {size_t{0}, size / 3, size / 2, size}) {
        http::BodyPtr part = found.body(first, (size - first) / 2);
        cr_assert(process.read(*part) == body.substr(first, (size - first) / 2), "%zu from %zu", size, first);
      }
    }
  }
}

Test(disk_store, a_body_is_read_while_it_is_written) {
  TempFolder folder;
  Process process(folder);
  std::string body = pattern("grows", process.store->volume().geometry().largest_piece() * 5 / 2);
  DiskWriter writer = DiskWriter::begin(process.store, Process::object("key"));
  cache::DiskBody reader(process.store, base::digest128("key"),
                         std::make_shared<std::vector<cache::DiskExtent>>(), 100, body.size() - 100);
  writer.on_extent([&](const cache::DiskExtent& extent) { reader.add(extent); });
  Waiter waiter;
  reader.set_reader(&waiter);
  iovec piece[1];
  cr_assert(reader.peek(piece).state == http::Readiness::wait);
  cr_assert(writer.append(body));
  process.until([&] { return writer.extents().size() == 2; });
  cr_assert(reader.peek(piece).state == http::Readiness::ready);
  process.until([&] { return waiter.woken > 0; });
  // The tail reaches the disk with the end.
  uint64_t place = 0;
  writer.finish([&](uint64_t at) { place = at; });
  process.until([&] { return place != 0; });
  cr_assert(process.read(reader) == body.substr(100));
}

Test(disk_store, an_object_larger_than_many_regions_is_whole, .timeout = 60) {
  TempFolder folder;
  Process process(folder, fresh_memory(), 200 << 20);
  std::string body = pattern("large", 60 << 20);
  uint64_t place = process.write("key", body, 1 << 20);
  cr_assert_neq(place, 0);
  cr_assert(process.whole(process.find("key", place)) == body);
  // Of one that is larger than half of the store nothing would be left at its end.
  cr_assert_eq(process.write("huge", std::string(120 << 20, 'x'), 1 << 20), 0);
}

Test(disk_store, an_abandoned_or_failed_object_is_not_stored) {
  TempFolder folder;
  Process process(folder);
  std::string body = pattern("x", 1 << 20);
  {
    DiskWriter writer = DiskWriter::begin(process.store, Process::object("key"));
    cr_assert(writer.append(body));
  }
  process.faults.write = EIO;
  DiskWriter writer = DiskWriter::begin(process.store, Process::object("key"));
  (void)writer.append(body);
  bool done = false;
  uint64_t place = 1;
  writer.finish([&](uint64_t at) { place = at, done = true; });
  process.until([&] { return done; });
  cr_assert_eq(place, 0);
}

Test(disk_store, what_does_not_fit_in_the_queue_is_refused_at_once) {
  TempFolder folder;
  Process process(folder, fresh_memory(), 256 << 20);
  std::string body(400000, 'x');
  int taken = 0, done = 0;
  for (int i = 0; i < 100; ++i)
    taken += process.store->put(Process::object("key"), body, [&](uint64_t) { ++done; });
  cr_assert_geq(taken, 30);
  cr_assert_leq(static_cast<size_t>(taken) * 400000, cache::DiskStore::kMostQueued);
  process.until([&] { return done == taken; });
  cr_assert(process.put("key", "again"));
  cr_assert_eq(process.count(DiskCount::refused), static_cast<uint64_t>(100 - taken));
}

Test(disk_store, a_disk_that_fails_takes_the_store_offline_and_it_comes_back) {
  TempFolder folder;
  Process process(folder);
  uint64_t place = process.put("key", "body");
  process.faults.read = EIO;
  for (int i = 0; i < 8; ++i) cr_assert_not(process.find("key", place));
  cr_assert(process.store->totals().offline);
  cr_assert_eq(process.count(DiskCount::read_errors), 8);
  int reads = process.faults.reads;
  cr_assert_not(process.find("key", place));
  cr_assert_eq(process.faults.reads.load(), reads, "it is left alone");
  cr_assert_eq(process.put("other", "body"), 0);
  // Another try, which fails, and one that does not.
  process.loop.clock().advance(base::Duration(10001));
  cr_assert_not(process.find("key", place));
  cr_assert(process.store->totals().offline);
  process.faults.read = 0;
  process.loop.clock().advance(base::Duration(10001));
  cr_assert(process.find("key", place));
  cr_assert(process.find("key", place));
  cr_assert_not(process.store->totals().offline);
}

Test(disk_store, a_full_disk_is_counted_and_no_request_notices) {
  TempFolder folder;
  Process process(folder);
  process.faults.write = ENOSPC;
  cr_assert_eq(process.put("key", "body"), 0);
  cr_assert_geq(process.count(DiskCount::no_space), 1);
  process.faults.write = 0;
  cr_assert(process.put("key", "body"));
}

Test(disk_store, a_damaged_record_is_not_found_and_is_counted) {
  TempFolder folder;
  Process process(folder);
  uint64_t place = process.put("key", pattern("key", 3000));
  cache::DiskLocation where = cache::DiskLocation::unpack(place);
  const cache::DiskGeometry& geometry = process.store->volume().geometry();
  char wrong = '?';
  (void)cache::write_fully(
      process.store->volume().file(), &wrong, 1,
      geometry.region_at(where.region) + uint64_t{where.offset} * geometry.unit() + 2000);
  cr_assert_not(process.find("key", place));
  cr_assert_eq(process.count(DiskCount::torn), 1);
}

Test(disk_store, a_body_whose_region_is_recycled_ends_as_failed) {
  TempFolder folder;
  Process process(folder, fresh_memory(), 2 << 20);
  std::string body = pattern("x", 60000);
  DiskFound found = process.find("key", process.write("key", body, 5000));
  cr_assert(found);
  http::BodyPtr reader = found.body(0, body.size());
  iovec piece[1];
  cr_assert(reader->peek(piece).state == http::Readiness::ready);
  for (int i = 0; i < 400; ++i) cr_assert(process.put(fmt::format("k{}", i), pattern("other", 7000)));
  // What was copied out is right; then comes the failure, and no other bytes.
  std::string text = process.read(*reader);
  cr_assert_eq(text.back(), '!');
  text.pop_back();
  cr_assert(text == body.substr(0, text.size()));
  cr_assert_lt(text.size(), body.size());
  cr_assert_eq(process.count(DiskCount::stale), 1);
}

Test(disk_store, what_was_written_is_synced_within_a_second) {
  TempFolder folder;
  Process process(folder);
  int before = process.faults.syncs;
  process.put("key", "body");
  base::MonoTime start = process.loop.now();
  process.until([&] { return process.faults.syncs != before; });
  cr_assert_leq(process.loop.now() - start, 900);
}

Test(disk_store, another_process_finds_it_and_one_that_is_not_mounted_finds_nothing) {
  TempFolder folder;
  std::byte* memory = fresh_memory();
  auto* worker = new Process(folder, memory);  // mount() attaches where it is mounted
  Process keeper(folder, memory, 16 << 20, 0, 1);
  uint64_t place = worker->put("key", "body");
  cr_assert(keeper.find("key", place));
  event::Loop loop;
  event::DiskThreads threads(loop, 1);
  DiskStorePtr lone =
      cache::DiskStore::make(loop, threads, cache::make_system_folder(folder.path), {16 << 20, 0},
                             shm::Mapping(fresh_memory(), cache::DiskRegions::bytes()), 2);
  cr_assert_not(lone->accepts());
  cr_assert_not(lone->put(Process::object("key"), "body", nullptr));
}

namespace {

/// A process that has not opened its store, and a request that waits until it has.
struct Newcomer {
  Newcomer(const TempFolder& folder, std::byte* memory) : threads(loop, 1) {
    store = cache::DiskStore::make(loop, threads, cache::make_system_folder(folder.path), {16 << 20, 0},
                                   shm::Mapping(memory, cache::DiskRegions::bytes()), 2);
    store->attach([this](const base::Result<void>&) { tried = true; });
    while (!tried) loop.run_once(true);
  }
  ~Newcomer() { store->drop(); }
  static event::Task<void> waiting(Newcomer& self) {
    self.open = co_await self.store->opened();
    self.done = true;
  }
  event::Loop loop;
  event::DiskThreads threads;
  DiskStorePtr store;
  bool tried = false, open = false, done = false;
};

}  // namespace

Test(disk_store, who_comes_before_the_mount_waits_for_it) {
  TempFolder folder;
  std::byte* memory = fresh_memory();
  Newcomer worker(folder, memory);
  cr_assert(worker.store->opens_soon());
  event::spawn(Newcomer::waiting(worker));
  cr_assert_not(worker.done);
  Process keeper(folder, memory);
  cr_assert(keeper.error.empty());
  worker.store->look();
  while (!worker.done) worker.loop.run_once(true);
  cr_assert(worker.open);
  cr_assert_not(worker.store->opens_soon());
}

Test(disk_store, nobody_waits_for_a_store_that_cannot_be_mounted_until_it_can) {
  TempFolder folder;
  std::byte* memory = fresh_memory();
  Newcomer worker(folder, memory);
  event::spawn(Newcomer::waiting(worker));
  auto before = std::make_unique<Process>(folder);  // has it open, with another region table
  Process keeper(folder, memory);
  cr_assert_not(keeper.error.empty());
  worker.store->look();
  while (!worker.done) worker.loop.run_once(true);
  cr_assert_not(worker.open);
  cr_assert_not(worker.store->opens_soon());
  before.reset();
  bool mounted = false;
  keeper.store->mount([&](const base::Result<void>& outcome) { mounted = outcome.has_value(); });
  while (!mounted) keeper.loop.run_once(true);
  worker.store->look();
  while (!worker.store->attached()) worker.loop.run_once(true);
}

Test(disk_store, a_restart_finds_everything_but_what_was_purged) {
  TempFolder folder;
  for (bool clean : {true, false}) {
    {
      Process process(folder);
      for (int i = 0; i < 50; ++i) process.put(fmt::format("k{}", i), pattern("body", 9000));
      std::string large = pattern("large", 3 << 20);
      cr_assert(process.write("large", large, 9999));
      cr_assert(process.purge("k7"));
      if (clean) process.close();
    }
    Process process(folder);
    cr_assert(process.load());
    for (int i = 0; i < 50; ++i) {
      DiskFound found = process.find(fmt::format("k{}", i));
      cr_assert_eq(static_cast<bool>(found), i != 7, "%d", i);
      if (found) cr_assert(process.whole(found) == pattern("body", 9000));
    }
    cr_assert(process.whole(process.find("large")) == pattern("large", 3 << 20));
    cr_assert_not(process.store->totals().loading);
  }
}

Test(disk_store, a_purge_that_comes_while_loading_is_obeyed) {
  TempFolder folder;
  {
    Process process(folder);
    for (int i = 0; i < 50; ++i) process.put(fmt::format("k{}", i), "body");
    process.close();
  }
  Process process(folder);
  // It is on the disk and has looked into an index that did not have the object yet.
  process.before_loaded = [&] {
    process.before_loaded = nullptr;
    cache::PurgeOrder order;
    order.sequence = process.store->volume().regions().next_sequence();
    order.digest = base::digest128("k3");
    FaultyFolder disk(folder.path, process.faults);
    cache::PurgeLog log(disk, process.store->volume().seed(), 256 * 1024);
    cr_assert(log.append({order}, 0));
    process.store->volume().regions().header().purges++;
  };
  cr_assert(process.load());
  cr_assert_not(process.find("k3"));
  cr_assert(process.find("k4"));
}

Test(disk_store, hot_objects_are_kept_when_their_region_is_recycled, .timeout = 60) {
  TempFolder folder;
  Process process(folder, fresh_memory(), 2 << 20);
  process.load();
  for (int i = 0; i < 5; ++i) {
    process.put(fmt::format("hot{}", i), pattern("hot", 5000));
    process.hot[Index::name(base::digest128(fmt::format("hot{}", i)))] = true;
  }
  for (int i = 0; i < 1500; ++i) {
    cr_assert(process.put(fmt::format("cold{}", i), pattern("cold", 5000)));
    if (i % 3 == 0) process.maintain();
  }
  for (int i = 0; i < 5; ++i) {
    cr_assert(process.whole(process.find(fmt::format("hot{}", i))) == pattern("hot", 5000), "%d", i);
  }
  cr_assert_not(process.find("cold0"));
  cr_assert_gt(process.count(DiskCount::kept), 5);
  std::string wrong = process.store->volume().regions().check();
  cr_assert(wrong.empty(), "%s", wrong.c_str());
}

Test(disk_store, room_is_given_back_when_the_disk_gets_full) {
  TempFolder folder;
  Process process(folder, fresh_memory(), 4 << 20, 1 << 20);
  process.load();
  for (int i = 0; i < 300; ++i) process.put(fmt::format("k{}", i), pattern("body", 9000));
  uint32_t before = process.store->totals().used_regions;
  process.faults.space = 100;
  for (int i = 0; i < 5; ++i) process.maintain();
  cr_assert_eq(process.store->totals().used_regions, before - 5);
  process.faults.space = -1;
  cr_assert(process.find("k299"));
  cr_assert_not(process.find("k0"));
}

Test(disk_store, regions_of_the_dead_are_summed_up) {
  TempFolder folder;
  std::byte* memory = fresh_memory();
  Process keeper(folder, memory);
  keeper.load();
  auto* worker = new Process(folder, memory, 16 << 20, 0, 3);
  uint64_t place = worker->put("key", "body");
  keeper.store->release_process(3);
  cr_assert_eq(keeper.store->volume().regions().in_state(cache::RegionState::orphan), 1);
  keeper.maintain();
  cr_assert_eq(keeper.store->volume().regions().in_state(cache::RegionState::orphan), 0);
  cr_assert(keeper.find("key", place));
}

Test(disk_store, reload_with_another_size_keeps_what_fits) {
  TempFolder folder;
  Process process(folder, fresh_memory(), 16 << 20);
  process.load();
  for (int i = 0; i < 1000; ++i) process.put(fmt::format("k{}", i), pattern("body", 9000));
  process.store->set_settings({8 << 20, 0});
  process.maintain();
  process.put("next", "x");
  process.maintain();
  cr_assert_leq(std::filesystem::file_size(folder.file("regions")), 8 << 20);
  int found = 0;
  for (int i = 0; i < 1000; ++i) found += static_cast<bool>(process.find(fmt::format("k{}", i)));
  cr_assert(found > 500 && found < 1000, "%d", found);
}

Test(disk_store, an_index_that_starts_anew_is_told_again_what_is_there) {
  TempFolder folder;
  Process process(folder);
  cr_assert(process.load());
  for (int i = 0; i < 200; ++i) process.put(fmt::format("k{}", i), pattern("body", 9000));
  process.places.clear();
  process.store->unload();
  cr_assert(process.store->totals().loading);
  cr_assert(process.load());
  cr_assert(process.find("k0"));
  // What is in the region that is still written comes when that is full.
  cr_assert_not(process.find("k199"));
  for (int i = 200; i < 300; ++i) process.put(fmt::format("k{}", i), pattern("body", 9000));
  cr_assert(process.load());
  cr_assert(process.find("k199"));
  cr_assert_not(process.store->totals().loading);
}
