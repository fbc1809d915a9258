#include "cache/zone.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/unit/cache/zone_fixture.h"

using namespace cache_test;
using cache::Zone;

Test(zone, gives_back_what_was_stored) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  for (size_t size : {0, 1, 1000, 4096, 4097, 100000}) {
    std::string key = fmt::format("key{}", size);
    cr_assert(store(zone, key, pattern(key, size)));
    cr_assert(fetch(zone, key) == pattern(key, size));
  }
  cr_assert(fetch(zone, "another") == "-");
  cr_assert(zone.check().empty());
}

Test(zone, a_body_of_unknown_length_grows) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  std::string text = pattern("grown", 150001);
  cache::Writer writer = begin(zone, "grown", std::nullopt);
  for (size_t at = 0; at < text.size(); at += 777)
    cr_assert(writer.append(std::string_view(text).substr(at, 777)));
  cr_assert(fetch(zone, "grown") == "-", "not found before it is complete");
  cr_assert(writer.finish());
  cr_assert(fetch(zone, "grown") == text);
  cr_assert(zone.check().empty());
}

Test(zone, what_was_abandoned_leaves_nothing) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  {
    cache::Writer writer = begin(zone, "a", std::nullopt);
    cr_assert(writer.append(pattern("a", 60000)));
  }
  cr_assert(fetch(zone, "a") == "-");
  cr_assert_eq(zone.totals().memory_used, 0);
  cr_assert(zone.check().empty());
}

Test(zone, a_body_shorter_than_announced_is_never_complete) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  cache::Writer writer = begin(zone, "a", 100);
  cr_assert(writer.append("only this"));
  cr_assert_not(writer.finish());
  cr_assert(fetch(zone, "a") == "-");
}

Test(zone, a_body_longer_than_announced_is_refused) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  cache::Writer writer = begin(zone, "a", 4);
  cr_assert_not(writer.append("12345"));
}

Test(zone, what_can_never_fit_is_refused_at_once_and_evicts_nothing) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  store(zone, "kept", "body");
  cr_assert_not(begin(zone, "huge", uint64_t{1} << 40));
  cache::Writer writer = begin(zone, "growing", std::nullopt);
  bool taken = true;
  for (int i = 0; i < 1000 && taken; ++i) taken = writer.append(std::string(4096, 'x'));
  cr_assert_not(taken);
  writer.abandon();
  cr_assert(zone.check().empty());
}

Test(zone, memory_is_never_exceeded_and_the_new_displaces_the_old) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  for (int i = 0; i < 5000; ++i) {
    std::string key = fmt::format("k{}", i);
    cr_assert(store(zone, key, pattern(key, static_cast<size_t>(i) * 37 % 9000)));
    cr_assert_leq(zone.totals().memory_used, zone.totals().memory_size);
  }
  cr_assert(fetch(zone, "k4999") == pattern("k4999", 4999u * 37 % 9000));
  cr_assert_gt(zone.totals().evicted, 4000);
  cr_assert(zone.check().empty());
}

Test(zone, more_objects_than_index_entries_displace_each_other) {
  ZoneFixture fixture(32 * 1024, 4 << 20);
  Zone zone = fixture.open(0);
  for (int i = 0; i < 2000; ++i) cr_assert(store(zone, fmt::format("k{}", i), "x"));
  cr_assert_leq(zone.totals().objects, zone.totals().entries_size);
  cr_assert(zone.check().empty());
}

Test(zone, a_large_object_fits_between_small_ones) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  for (int i = 0; i < 1000; ++i) cr_assert(store(zone, fmt::format("k{}", i), pattern("k", 1000)));
  std::string large = pattern("large", 200000);
  cr_assert(store(zone, "large", large));
  cr_assert(fetch(zone, "large") == large);
  cr_assert(zone.check().empty());
}

Test(zone, a_new_response_replaces_the_old_and_its_readers_keep_theirs) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  std::string old_text = pattern("old", 50000), new_text = pattern("new", 50000);
  store(zone, "k", old_text);
  base::Arena arena;
  cache::Found found = zone.find(zone.digest("k"), "k", 1000, arena);
  cr_assert(found.pin);
  store(zone, "k", new_text);
  cr_assert(fetch(zone, "k") == new_text);
  {
    cache::StoredBody body(std::move(found.pin), 0, found.body_size);
    cr_assert(read_all(body) == old_text);
  }
  cr_assert_eq(zone.totals().objects, 1);
  cr_assert_leq(zone.totals().memory_used, 60000);
}

Test(zone, pinned_objects_are_not_displaced) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  std::string text = pattern("pinned", 100000);
  store(zone, "pinned", text);
  base::Arena arena;
  cache::Found found = zone.find(zone.digest("pinned"), "pinned", 1000, arena);
  for (int i = 0; i < 2000; ++i) store(zone, fmt::format("k{}", i), pattern("k", 2000));
  cache::StoredBody body(std::move(found.pin), 0, found.body_size);
  cr_assert(read_all(body) == text);
}

Test(zone, a_zone_full_of_pinned_objects_refuses_but_does_not_fail) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  base::Arena arena;
  std::vector<cache::Pin> pins;
  for (int i = 0; i < 200; ++i) {
    std::string key = fmt::format("k{}", i);
    if (!store(zone, key, pattern(key, 20000))) break;
    pins.push_back(std::move(zone.find(zone.digest(key), key, 1000, arena).pin));
  }
  cr_assert_lt(pins.size(), 100);
  pins.clear();
  cr_assert(store(zone, "again", pattern("again", 20000)));
  cr_assert(zone.check().empty());
}

Test(zone, a_part_of_a_body_is_read_from_any_place) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  for (int i = 0; i < 1000; ++i) store(zone, fmt::format("k{}", i), pattern("k", 1500));
  std::string text = pattern("parts", 100000);
  cr_assert(store(zone, "parts", text));
  for (size_t first : {0, 1, 1023, 50000, 99999}) {
    base::Arena arena;
    cache::Found found = zone.find(zone.digest("parts"), "parts", 1000, arena);
    size_t size = std::min<size_t>(3000, text.size() - first);
    cache::StoredBody body(std::move(found.pin), first, size);
    cr_assert(read_all(body) == text.substr(first, size));
  }
}

Test(zone, purge_removes_and_stops_a_running_fill_from_being_found) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  store(zone, "a", "old");
  cache::Writer writer = begin(zone, "a", 3);
  cr_assert(zone.purge(zone.digest("a")));
  cr_assert(fetch(zone, "a") == "-");
  writer.append("new");
  cr_assert_not(writer.finish());
  cr_assert(fetch(zone, "a") == "-");
  cr_assert_not(zone.purge(zone.digest("a")));
  cr_assert_eq(zone.totals().memory_used, 0);
  cr_assert(zone.check().empty());
}

Test(zone, another_key_with_the_same_digest_is_not_served) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  store(zone, "a", "body");
  base::Arena arena;
  cr_assert_not(zone.find(zone.digest("a"), "b", 1000, arena));
}

Test(zone, what_is_not_used_for_inactive_seconds_is_gone) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0, 60);
  store(zone, "a", "body", 1000);
  cr_assert(fetch(zone, "a", 1060) == "body");
  cr_assert(fetch(zone, "a", 1120) == "body");
  cr_assert(fetch(zone, "a", 1181) == "-");
  store(zone, "b", "body", 2000);
  store(zone, "c", "body", 2100);
  cr_assert_eq(zone.remove_unused(2050, 100000), 1);
  cr_assert(fetch(zone, "c", 2100) == "body");
}

Test(zone, all_processes_see_one_zone) {
  ZoneFixture fixture;
  pid_t child = fork();
  if (child == 0) {
    Zone zone = fixture.open(1);
    _exit(store(zone, "k", "from the child") ? 0 : 1);
  }
  int status;
  waitpid(child, &status, 0);
  cr_assert_eq(status, 0);
  Zone zone = fixture.open(0);
  cr_assert(fetch(zone, "k") == "from the child");
}

Test(zone, a_marker_keeps_its_salt_and_the_newest_list_stands_first) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  base::Arena arena;
  base::Digest digest = zone.digest("k");
  uint64_t salt = zone.store_marker(digest, "k", "accept", 1000, arena);
  cr_assert_neq(salt, 0);
  cr_assert_eq(zone.store_marker(digest, "k", "accept", 1000, arena), salt);
  cr_assert_eq(zone.store_marker(digest, "k", "accept-encoding", 1000, arena), salt);
  cache::Found marker = zone.find(digest, "k", 1000, arena);
  cr_assert(marker.kind == cache::EntryKind::marker);
  cr_assert(marker.head.substr(8) == "accept-encoding\naccept");
  zone.purge(digest);
  cr_assert_neq(zone.store_marker(digest, "k", "accept", 1000, arena), salt);
}

Test(zone, a_thousand_byte_object_costs_at_most_1485_bytes_all_told) {
  ZoneFixture fixture(1 << 20, 4 << 20);
  Zone zone = fixture.open(0);
  std::string head(230, 'h'), body(1024, 'b');
  int stored = 0;
  for (; zone.totals().evicted == 0; ++stored) {
    std::string key = fmt::format("http://www.example.com/articles/{:06}", stored);
    cache::Writer::Object object;
    object.digest = zone.digest(key);
    object.key = key;
    object.head = head;
    object.body_size = body.size();
    cache::Writer writer = cache::Writer::begin(zone, object, 1);
    cr_assert(writer.append(body) && writer.finish());
  }
  cr_assert_lt((4 << 20) / (stored - 1) + 64, 1485, "%d", (4 << 20) / (stored - 1) + 64);
}

// RFC 9111 §4.3.4 without a copy of the body
Test(zone, renewing_changes_head_and_facts_and_leaves_the_body_where_it_is) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  base::Arena arena;
  cr_assert(store(zone, "k", pattern("k", 9000)));
  cache::Found before = zone.find(zone.digest("k"), "k", 1000, arena);
  uint64_t used = zone.totals().memory_used;
  cache::Facts facts = before.facts;
  facts.freshness.lifetime = 77;
  cr_assert(zone.renew(before.ref, facts, "hea"));
  cache::Found after = zone.find(zone.digest("k"), "k", 1000, arena);
  cr_assert_eq(after.facts.freshness.lifetime, 77);
  cr_assert(after.head == "hea\xfe");
  cr_assert_eq(zone.totals().memory_used, used);
  cache::StoredBody body(std::move(after.pin), 0, 9000);
  cr_assert(read_all(body) == pattern("k", 9000));
  cr_assert(zone.check().empty());
}
Test(zone, renewing_refuses_a_longer_head_and_an_object_that_was_replaced) {
  ZoneFixture fixture;
  Zone zone = fixture.open(0);
  base::Arena arena;
  cr_assert(store(zone, "k", "body"));
  cache::Found found = zone.find(zone.digest("k"), "k", 1000, arena);
  cr_assert_not(zone.renew(found.ref, found.facts, "longer"));
  cr_assert(store(zone, "k", "other"));
  cr_assert_not(zone.renew(found.ref, found.facts, "head"));
  cr_assert(zone.find(zone.digest("k"), "k", 1000, arena).body == "other");
}
