// Records, regions and what a restart finds of them.
#include "cache/disk_log.h"

#include <sys/wait.h>

#include <fstream>
#include <map>
#include <random>

#include "shm/crash_point.h"
#include "t/unit/cache/disk_fixture.h"

using namespace disk_test;

Test(disk_location, packs_into_64_bits_and_is_never_0) {
  for (cache::DiskLocation where : {cache::DiskLocation{0, 0, 0}, {65534, 0x3ffffff, 0x3fffff}, {7, 1, 99}}) {
    uint64_t packed = where.pack();
    cr_assert_neq(packed, 0);
    cache::DiskLocation back = cache::DiskLocation::unpack(packed);
    cr_assert(back.region == where.region && back.generation == where.generation &&
              back.offset == where.offset);
  }
}

Test(disk_geometry, all_files_of_a_store_fit_its_size) {
  for (uint64_t size = 1 << 20; size < uint64_t{100} << 40; size = size * 5 / 3) {
    auto geometry = cache::DiskGeometry::of(size);
    cr_assert(geometry && geometry->is_sound());
    uint32_t count = geometry->regions_for(size);
    cr_assert_geq(count, 8, "%lu bytes have %u regions", size, count);
    cr_assert_leq(geometry->region_at(count) + 2 * cache::purge_log_size(size), size);
    cr_assert_leq(geometry->region_size / geometry->unit(), 1u << cache::DiskLocation::kOffsetBits);
  }
  cr_assert_not(cache::DiskGeometry::of(1000));
}

Test(disk_log, what_is_written_is_read) {
  TempFolder folder;
  Opened opened(folder, fresh_memory());
  cr_assert_str_empty(opened.error.c_str());
  std::map<std::string, uint64_t> places;
  for (int i = 0; i < 20; ++i) {
    std::string key = fmt::format("key{}", i);
    places[key] = store(opened, key, pattern(key, static_cast<size_t>(i) * 777));
    cr_assert_neq(places[key], 0);
  }
  for (auto& [key, place] : places) {
    size_t i = std::stoul(key.substr(3));
    cr_assert(fetch(opened, key, place) == pattern(key, i * 777), "%s", key.c_str());
    cr_assert(fetch(opened, "other", place) == "-");
  }
}

Test(disk_log, a_record_larger_than_half_a_region_is_refused) {
  TempFolder folder;
  Opened opened(folder, fresh_memory());
  cr_assert_eq(store(opened, "big", std::string(opened.volume.geometry().region_size / 2, 'x')), 0);
  cr_assert_neq(store(opened, "small", "x"), 0);
}

Test(disk_log, a_full_store_recycles_its_oldest_region_and_stays_within_its_size) {
  TempFolder folder;
  const uint64_t size = 4 << 20;
  Opened opened(folder, fresh_memory(), 0, size);
  std::vector<uint64_t> places;
  const int count = 1500;
  for (int i = 0; i < count; ++i) {
    std::string key = fmt::format("key{}", i);
    places.push_back(store(opened, key, pattern(key, 10000)));
    cr_assert_neq(places.back(), 0, "%d", i);
  }
  cr_assert_leq(std::filesystem::file_size(folder.file("regions")), size);
  int found = 0;
  bool gone = true;
  for (int i = 0; i < count; ++i) {
    std::string key = fmt::format("key{}", i);
    std::string body = fetch(opened, key, places[static_cast<size_t>(i)]);
    if (body != "-") {
      cr_assert(body == pattern(key, 10000));
      gone = false;
      ++found;
    } else {
      cr_assert(gone, "%d is gone, but an older one is there", i);
    }
  }
  cr_assert_gt(found, 250);
  std::string wrong = opened.volume.regions().check();
  cr_assert(wrong.empty(), "%s", wrong.c_str());
}

Test(disk_log, a_reader_in_a_recycled_region_is_told_so) {
  TempFolder folder;
  Opened opened(folder, fresh_memory());
  uint64_t place = store(opened, "first", pattern("first", 20000));
  // Between the check before the read and the one after it, the region is used again.
  bool once = true;
  opened.faults.before_read = [&] {
    if (!std::exchange(once, false)) return;
    for (int i = 0; i < 1500; ++i) store(opened, "later", pattern("later", 10000));
  };
  std::string bytes(1000, '\0');
  cr_assert(opened.volume.read(cache::DiskLocation::unpack(place), 0, bytes.data(), bytes.size(), false) ==
            cache::DiskRead::gone);
}

Test(disk_log, several_processes_write_at_once) {
  TempFolder folder;
  std::byte* memory = fresh_memory();
  Opened parent(folder, memory, 0, 8 << 20);
  for (uint16_t process = 1; process <= 4; ++process) {
    if (fork() == 0) {
      Opened opened(folder, memory, process, 8 << 20);
      for (int i = 0; i < 100; ++i) {
        std::string key = fmt::format("p{}k{}", process, i);
        if (fetch(opened, key, store(opened, key, pattern(key, 5000))) != pattern(key, 5000)) _exit(1);
      }
      (void)opened.log.seal(true);
      _exit(0);
    }
  }
  int status;
  while (wait(&status) > 0) cr_assert_eq(status, 0);
  Index index;
  cr_assert_gt(index.load(parent), 0);
  for (int process = 1; process <= 4; ++process) {
    for (int i = 0; i < 100; ++i) {
      std::string key = fmt::format("p{}k{}", process, i);
      // The memory says that it is loaded: only another start loads.
      cr_assert_eq(index.find(key), 0);
    }
  }
}

Test(disk_restart, after_a_clean_stop_everything_is_there_and_no_record_is_read) {
  TempFolder folder;
  {
    Opened opened(folder, fresh_memory());
    for (int i = 0; i < 100; ++i)
      cr_assert_neq(store(opened, fmt::format("k{}", i), pattern("body", 3000)), 0);
    cr_assert(opened.log.seal(true));
  }
  Opened opened(folder, fresh_memory());
  cr_assert_str_empty(opened.error.c_str());
  cr_assert_eq(opened.volume.regions().in_state(cache::RegionState::orphan), 0);
  Index index;
  cr_assert_gt(index.load(opened), 0);
  for (int i = 0; i < 100; ++i) {
    std::string key = fmt::format("k{}", i);
    cr_assert(fetch(opened, key, index.find(key)) == pattern("body", 3000), "%d", i);
  }
  cr_assert_eq(opened.volume.regions().header().loading.load(), 0);
}

Test(disk_restart, a_region_with_room_is_gone_on_with) {
  TempFolder folder;
  for (int start = 0; start < 5; ++start) {
    Opened opened(folder, fresh_memory());
    Index index;
    index.load(opened);
    for (int i = 0; i < start; ++i) {
      std::string key = fmt::format("k{}", i);
      cr_assert(fetch(opened, key, index.find(key)) == pattern(key, 500), "start %d: %d", start, i);
    }
    std::string key = fmt::format("k{}", start);
    store(opened, key, pattern(key, 500));
    cr_assert(opened.log.seal(true));
    cr_assert_eq(opened.volume.regions().in_state(cache::RegionState::sealed), 1);
  }
}

Test(disk_restart, without_a_stop_the_records_are_read_through) {
  TempFolder folder;
  {
    Opened opened(folder, fresh_memory());
    for (int i = 0; i < 100; ++i) store(opened, fmt::format("k{}", i), pattern("body", 3000));
  }
  Opened opened(folder, fresh_memory());
  cr_assert_gt(opened.volume.regions().in_state(cache::RegionState::orphan), 0);
  Index index;
  cr_assert_gt(index.load(opened), 0);
  for (int i = 0; i < 100; ++i) {
    std::string key = fmt::format("k{}", i);
    cr_assert(fetch(opened, key, index.find(key)) == pattern("body", 3000), "%d", i);
  }
}

Test(disk_restart, the_newest_of_one_key_is_found) {
  TempFolder folder;
  {
    std::byte* memory = fresh_memory();
    // Two writers whose regions overlap in time.
    Opened a(folder, memory, 1), b(folder, memory, 2);
    for (int i = 0; i < 50; ++i) {
      store(i % 2 == 0 ? a : b, "same", fmt::format("version {}", i));
      store(i % 3 == 0 ? a : b, "other", fmt::format("version {}", i));
    }
  }
  Opened opened(folder, fresh_memory());
  Index index;
  index.load(opened);
  cr_assert(fetch(opened, "same", index.find("same")) == "version 49");
  cr_assert(fetch(opened, "other", index.find("other")) == "version 49");
}

Test(disk_restart, the_file_cut_at_any_offset_of_a_record_loses_that_record_alone, .timeout = 120) {
  TempFolder folder;
  uint64_t begin, end;
  {
    Opened opened(folder, fresh_memory(), 0, 1 << 20);
    store(opened, "before", pattern("before", 300));
    uint64_t place = store(opened, "cut", pattern("cut", 1000));
    cache::DiskLocation where = cache::DiskLocation::unpack(place);
    begin = opened.volume.geometry().region_at(where.region) +
            uint64_t{where.offset} * opened.volume.geometry().unit();
    end = opened.volume.geometry().region_at(where.region) + opened.volume.regions().at(where.region).end;
  }
  std::ifstream in(folder.file("regions"), std::ios::binary);
  std::string whole{std::istreambuf_iterator<char>(in), {}};
  enum Way { truncated, zeros, rubbish };
  for (Way way : {truncated, zeros, rubbish}) {
    for (uint64_t at = begin; at <= end; ++at) {
      std::string bytes = whole;
      if (way == truncated) bytes.resize(at);
      if (way == zeros)
        std::fill(bytes.begin() + static_cast<long>(at), bytes.begin() + static_cast<long>(end), '\0');
      if (way == rubbish)
        std::fill(bytes.begin() + static_cast<long>(at), bytes.begin() + static_cast<long>(end), 'r');
      std::ofstream(folder.file("regions"), std::ios::binary) << bytes;
      std::byte* memory = fresh_memory();
      {
        Opened opened(folder, memory, 0, 1 << 20);
        cr_assert_str_empty(opened.error.c_str());
        Index index;
        cr_assert_gt(index.load(opened), 0);
        cr_assert(fetch(opened, "before", index.find("before")) == pattern("before", 300), "cut at %lu", at);
        std::string body = fetch(opened, "cut", index.find("cut"));
        bool whole_body =
            at >= begin + sizeof(cache::RecordHeader) + 3 + 5 + 4 + 1000;  // but for its padding
        cr_assert(body == (whole_body ? pattern("cut", 1000) : "-"), "cut at %lu: %zu bytes", at - begin,
                  body.size());
        cr_assert_eq(store(opened, "after", "x") != 0, true);
      }
      munmap(memory, cache::DiskRegions::bytes());
    }
  }
}

Test(disk_restart, another_version_or_rubbish_is_started_empty) {
  TempFolder folder;
  {
    Opened opened(folder, fresh_memory());
    store(opened, "key", "body");
  }
  {
    std::fstream file(folder.file("regions"), std::ios::in | std::ios::out | std::ios::binary);
    for (int copy = 0; copy < 2; ++copy) {
      file.seekp(copy * 4096 + 8);
      file.put(99);
    }
  }
  Opened opened(folder, fresh_memory());
  cr_assert_str_empty(opened.error.c_str());
  Index index;
  index.load(opened);
  cr_assert(index.by_digest.empty());
  cr_assert_neq(store(opened, "key", "body"), 0);
}

Test(disk_restart, one_torn_superblock_costs_nothing) {
  for (int copy = 0; copy < 2; ++copy) {
    TempFolder folder;
    for (int start = 0; start < 2; ++start) {
      Opened opened(folder, fresh_memory());
      store(opened, fmt::format("key{}", start), "body");
    }
    {
      std::fstream file(folder.file("regions"), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(copy * 4096 + 20);
      file.put('x');
    }
    Opened opened(folder, fresh_memory());
    Index index;
    index.load(opened);
    cr_assert(fetch(opened, "key0", index.find("key0")) == "body");
    cr_assert(fetch(opened, "key1", index.find("key1")) == "body");
  }
}

Test(disk_restart, a_damaged_summary_is_made_again_from_the_records) {
  TempFolder folder;
  {
    std::byte* memory = fresh_memory();
    Opened opened(folder, memory);
    uint64_t place = store(opened, "key", "body");
    opened.log.seal(false);
    cache::DiskLocation where = cache::DiskLocation::unpack(place);
    std::fstream file(folder.file("regions"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<long>(opened.volume.geometry().region_at(where.region) +
                                 opened.volume.regions().at(where.region).summary_at + 50));
    file.put('x');
  }
  Opened opened(folder, fresh_memory());
  Index index;
  index.load(opened);
  cr_assert(fetch(opened, "key", index.find("key")) == "body");
}

Test(disk_restart, two_starts_do_not_share_a_store) {
  TempFolder folder;
  Opened first(folder, fresh_memory());
  cr_assert_str_empty(first.error.c_str());
  Opened second(folder, fresh_memory());
  cr_assert_str_not_empty(second.error.c_str());
}

Test(disk_size, a_store_shrinks_and_grows_and_keeps_the_rest) {
  TempFolder folder;
  std::byte* memory = fresh_memory();
  Opened opened(folder, memory, 0, 8 << 20);
  std::map<std::string, uint64_t> places;
  for (int i = 0; i < 600; ++i) {
    std::string key = fmt::format("k{}", i);
    places[key] = store(opened, key, pattern(key, 10000));
  }
  auto found = [&] {
    int there = 0;
    for (auto& [key, place] : places) {
      std::string body = fetch(opened, key, place);
      cr_assert(body == "-" || body == pattern(key, 10000));
      there += body != "-";
    }
    return there;
  };
  cr_assert_eq(found(), 600);
  opened.volume.set_settings({4 << 20, 0});
  cr_assert(opened.volume.resize());
  store(opened, "next", "x");  // the writer sees that its region is gone
  cr_assert(opened.volume.resize());
  cr_assert_leq(std::filesystem::file_size(folder.file("regions")), 4 << 20);
  int left = found();
  cr_assert(left > 200 && left < 400, "%d", left);
  opened.volume.set_settings({8 << 20, 0});
  cr_assert(opened.volume.resize());
  for (int i = 0; i < 250; ++i) {
    std::string key = fmt::format("n{}", i);
    places[key] = store(opened, key, pattern(key, 10000));
  }
  cr_assert_geq(found(), 500);
  cr_assert_leq(std::filesystem::file_size(folder.file("regions")), 8 << 20);
}

Test(disk_size, min_free_is_kept_by_recycling_instead_of_growing) {
  TempFolder folder;
  Opened opened(folder, fresh_memory(), 0, 8 << 20, 1 << 30);
  opened.faults.space = (int64_t{1} << 30) + (1 << 20);
  cr_assert_neq(store(opened, "a", pattern("a", 10000)), 0);
  for (int i = 0; i < 10; ++i) store(opened, "b", pattern("b", 10000));
  opened.faults.space = int64_t{1} << 30;
  uintmax_t size = std::filesystem::file_size(folder.file("regions"));
  for (int i = 0; i < 100; ++i) cr_assert_neq(store(opened, "c", pattern("c", 10000)), 0);
  cr_assert_eq(std::filesystem::file_size(folder.file("regions")), size);
}

Test(disk_faults, a_write_that_fails_says_no_and_later_ones_work) {
  TempFolder folder;
  Opened opened(folder, fresh_memory());
  uint64_t before = store(opened, "before", "body");
  opened.faults.write = EIO;
  cr_assert_eq(store(opened, "lost", "body"), 0);
  opened.faults.write = 0;
  cr_assert_neq(store(opened, "after", "body"), 0);
  cr_assert(fetch(opened, "before", before) == "body");
  std::string wrong = opened.volume.regions().check();
  cr_assert(wrong.empty(), "%s", wrong.c_str());
}

Test(disk_faults, short_writes_are_continued) {
  TempFolder folder;
  Opened opened(folder, fresh_memory());
  opened.faults.most = 7;
  uint64_t place = store(opened, "key", pattern("key", 5000));
  cr_assert(fetch(opened, "key", place) == pattern("key", 5000));
}

Test(disk_faults, any_single_failure_leaves_the_store_sound, .timeout = 60) {
  for (int error : {EIO, ENOSPC}) {
    for (int at = 0; at < 60; ++at) {
      TempFolder folder;
      std::byte* memory = fresh_memory();
      std::map<std::string, uint64_t> places;
      {
        Opened opened(folder, memory, 0, 1 << 20);
        opened.faults.after = at;
        opened.faults.write = error;
        opened.faults.sync = error;
        opened.faults.reserve = error;
        for (int i = 0; i < 40; ++i) {
          std::string key = fmt::format("k{}", i);
          places[key] = store(opened, key, pattern(key, 6000));
          if (places[key] == 0) opened.faults.write = opened.faults.sync = opened.faults.reserve = 0;
        }
        int lost = 0;
        for (auto& [key, place] : places) {
          std::string body = fetch(opened, key, place);
          cr_assert(body == "-" || body == pattern(key, 6000), "failure at %d: %s", at, key.c_str());
          // A disk without room for one more region gives up its oldest.
          if (body == "-") place = 0;
          lost += body == "-";
        }
        cr_assert_leq(lost, 12, "failure at %d: %d are lost", at, lost);
        std::string wrong = opened.volume.regions().check();
        cr_assert(wrong.empty(), "failure at %d: %s", at, wrong.c_str());
      }
      munmap(memory, cache::DiskRegions::bytes());
      memory = fresh_memory();
      {
        Opened opened(folder, memory, 0, 1 << 20);
        Index index;
        index.load(opened);
        for (auto& [key, place] : places) {
          if (place == 0) continue;
          cr_assert(fetch(opened, key, index.find(key)) == pattern(key, 6000), "failure at %d: %s", at,
                    key.c_str());
        }
      }
      munmap(memory, cache::DiskRegions::bytes());
    }
  }
}
