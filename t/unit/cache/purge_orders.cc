#include "cache/purge_orders.h"

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/crash_point.h"

using cache::Covered;
using cache::PurgeKind;
using cache::PurgeOrder;
using cache::PurgeOrders;

namespace {

/// One memory that several PurgeOrders look at, as processes do.
struct Memory {
  Memory()
      : segment("purges", PurgeOrders::kLayout, PurgeOrders::kBytes, memfd_create("purges", MFD_CLOEXEC)) {
    cr_assert(ftruncate(segment.fd(), PurgeOrders::kBytes) == 0);
    PurgeOrders::format(map().memory(), PurgeOrders::kBytes);
  }
  shm::Mapping map() { return std::move(*segment.map()); }
  shm::Segment segment;
};

PurgeOrder order(PurgeKind kind, std::string text, bool soft = false) {
  PurgeOrder made;
  made.kind = kind;
  made.soft = soft;
  if (kind == PurgeKind::tag) made.digest.low = cache::tag_number(text);
  if (kind == PurgeKind::uri) made.digest = cache::uri_digest(text);
  if (kind == PurgeKind::prefix || kind == PurgeKind::regex) made.text = std::move(text);
  return made;
}

Covered look(PurgeOrders& orders, uint64_t mark, std::string_view uri, std::string_view tag = "") {
  uint64_t number = cache::tag_number(tag);
  PurgeOrders::Subject subject;
  subject.uri = uri;
  subject.mark = mark;
  if (!tag.empty()) subject.tag_bytes = {reinterpret_cast<const char*>(&number), sizeof number};
  return orders.covers(subject);
}

}  // namespace

Test(purge_orders, nothing_is_covered_without_orders) {
  Memory memory;
  PurgeOrders orders(memory.map());
  cr_assert(!orders.any());
  cr_assert(look(orders, 0, "http://a/") == Covered::no);
}

Test(purge_orders, an_order_covers_what_was_fetched_before_it_in_every_process) {
  Memory memory;
  PurgeOrders one(memory.map());
  PurgeOrders other(memory.map());
  uint64_t before = other.mark();
  cr_assert(one.add(order(PurgeKind::everything, "")));
  cr_assert(look(other, before, "http://a/") == Covered::absent);
  cr_assert(look(other, other.mark(), "http://a/") == Covered::no, "fetched afterwards");
}

Test(purge_orders, each_kind_covers_what_it_names) {
  struct {
    PurgeKind kind;
    const char* text;
    const char* hit_uri;
    const char* hit_tag;
    const char* miss_uri;
    const char* miss_tag;
  } cases[] = {
      {PurgeKind::tag, "red", "http://a/x", "red", "http://a/x", "blue"},
      {PurgeKind::uri, "http://a/x", "http://a/x", "", "http://a/xy", ""},
      {PurgeKind::prefix, "http://a/x", "http://a/xy", "", "http://a/y", ""},
      {PurgeKind::regex, "\\.jpg$", "http://a/x.jpg", "", "http://a/x.jpg?1", ""},
  };
  for (const auto& each : cases) {
    for (bool soft : {false, true}) {
      Memory memory;
      PurgeOrders orders(memory.map());
      uint64_t before = orders.mark();
      cr_assert(orders.add(order(each.kind, each.text, soft)));
      cr_assert(look(orders, before, each.hit_uri, each.hit_tag) == (soft ? Covered::stale : Covered::absent),
                "%s", each.text);
      cr_assert(look(orders, before, each.miss_uri, each.miss_tag) == Covered::no, "%s", each.text);
    }
  }
}

Test(purge_orders, an_expression_that_does_not_compile_is_refused) {
  Memory memory;
  PurgeOrders orders(memory.map());
  auto added = orders.add(order(PurgeKind::regex, "a(b"));
  cr_assert(!added);
  cr_assert(added.error().message.find("missing closing parenthesis") != std::string::npos, "%s",
            added.error().message.c_str());
  cr_assert(!orders.any());
}

Test(purge_orders, an_expression_that_takes_too_long_counts_as_a_match) {
  Memory memory;
  PurgeOrders orders(memory.map());
  uint64_t before = orders.mark();
  cr_assert(orders.add(order(PurgeKind::regex, "^(a+)+$")));
  std::string hard(60, 'a');
  hard += 'b';
  cr_assert(look(orders, before, hard) == Covered::absent);
}

Test(purge_orders, a_full_log_is_coalesced_and_forgets_nothing) {
  Memory memory;
  PurgeOrders one(memory.map());
  PurgeOrders other(memory.map());
  uint64_t before = one.mark();
  for (int i = 0; i < 50000; ++i) {
    cr_assert(one.add(order(PurgeKind::tag, fmt::format("tag{}", i % 100))));
    if (i % 5000 == 0) cr_assert(look(other, before, "http://a/", "tag0") == Covered::absent);
  }
  for (int i = 0; i < 100; ++i)
    cr_assert(look(other, before, "http://a/", fmt::format("tag{}", i)) == Covered::absent);
  cr_assert(look(other, before, "http://a/", "another") == Covered::no);
}

Test(purge_orders, too_many_orders_become_one_that_covers_everything) {
  Memory memory;
  PurgeOrders orders(memory.map());
  uint64_t before = orders.mark();
  for (int i = 0; i < 50000; ++i) cr_assert(orders.add(order(PurgeKind::tag, fmt::format("tag{}", i))));
  cr_assert(look(orders, before, "http://a/", "tag0") == Covered::absent);
  cr_assert(look(orders, before, "http://a/", "tag49999") == Covered::absent);
  cr_assert(look(orders, orders.mark(), "http://a/", "tag49999") == Covered::no);
  cr_assert(orders.standing().size() < 20000);
}

Test(purge_orders, expressions_are_bounded) {
  Memory memory;
  PurgeOrders orders(memory.map());
  uint64_t before = orders.mark();
  for (int i = 0; i < 300; ++i) cr_assert(orders.add(order(PurgeKind::regex, fmt::format("^x{}$", i))));
  cr_assert(orders.standing().size() <= PurgeOrders::kMostPatterns + 1);
  for (int i = 0; i < 300; ++i) cr_assert(look(orders, before, fmt::format("x{}", i)) == Covered::absent);
}

Test(purge_orders, orders_by_key_are_forgotten_before_others) {
  Memory memory;
  PurgeOrders orders(memory.map());
  uint64_t before = orders.mark();
  PurgeOrder by_key;
  for (int i = 0; i < 100000; ++i) {
    by_key.digest.low = static_cast<uint64_t>(i);
    cr_assert(orders.add(by_key));
  }
  cr_assert(look(orders, before, "http://a/") == Covered::no, "no order for everything came of it");
  PurgeOrders::Subject last;
  last.digest.low = 99999;
  last.mark = before;
  cr_assert(orders.covers(last) == Covered::absent);
}

Test(purge_orders, what_was_carried_out_is_retired_when_it_is_old) {
  Memory memory;
  PurgeOrders orders(memory.map());
  uint64_t before = orders.mark();
  PurgeOrder old = order(PurgeKind::tag, "old");
  old.time = 1000;
  uint64_t sequence = *orders.add(old);
  orders.retire(sequence, 1000 + PurgeOrders::kLeastSeconds, true);
  cr_assert(look(orders, before, "", "old") == Covered::absent, "somebody may still be fetching");
  orders.retire(sequence - 1, 9999, true);
  cr_assert(look(orders, before, "", "old") == Covered::absent, "not carried out yet");
  orders.retire(sequence, 9999, true);
  cr_assert(!orders.any());
  cr_assert(orders.mark() == sequence, "marks never go back");
}

Test(purge_orders, soft_orders_stay_while_something_is_stale_by_them) {
  Memory memory;
  PurgeOrders orders(memory.map());
  uint64_t before = orders.mark();
  PurgeOrder old = order(PurgeKind::tag, "old", true);
  old.time = 1000;
  uint64_t sequence = *orders.add(old);
  orders.retire(sequence, 9999, false);
  cr_assert(look(orders, before, "", "old") == Covered::stale);
  orders.retire(sequence, 9999, true);
  cr_assert(!orders.any());
}

Test(purge_orders, an_order_of_an_earlier_run_covers_only_what_is_older) {
  Memory memory;
  PurgeOrders orders(memory.map());
  uint64_t mark = orders.mark();
  PurgeOrder remembered = order(PurgeKind::everything, "");
  remembered.time = 1000;
  cr_assert(orders.add_remembered(remembered));
  cr_assert(look(orders, uint64_t{999} << 8, "") == Covered::absent);
  cr_assert(look(orders, uint64_t{1001} << 8, "") == Covered::no);
  cr_assert(orders.mark() == mark);
}

Test(purge_orders, sequences_are_above_those_of_an_earlier_run) {
  Memory memory;
  PurgeOrders orders(memory.map());
  uint64_t ahead = orders.mark() + 1000000;
  orders.reach(ahead);
  cr_assert(*orders.add(order(PurgeKind::everything, "")) > ahead);
}

// Killed at every crash point in turn; what was answered stays in force, and the log goes on.
Test(purge_orders, survives_a_kill_at_every_point) {
  for (int point = 1; point < 40; ++point) {
    Memory memory;
    PurgeOrders orders(memory.map());
    uint64_t before = orders.mark();
    cr_assert(orders.add(order(PurgeKind::tag, "first")));
    pid_t child = fork();
    if (child == 0) {
      shm::crash_countdown = point;
      PurgeOrders own(memory.map());
      PurgeOrder old = order(PurgeKind::tag, "retired");
      old.time = 1;
      for (int i = 0; i < 4; ++i) {
        base::Result<uint64_t> sequence = own.add(old);
        own.retire(*sequence, 100000, true);
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    cr_assert(look(orders, before, "", "first") == Covered::absent, "point %d", point);
    cr_assert(orders.add(order(PurgeKind::tag, "later")));
    cr_assert(look(orders, before, "", "later") == Covered::absent, "point %d", point);
    cr_assert(look(orders, orders.mark(), "", "first") == Covered::no, "point %d", point);
    if (WIFEXITED(status)) break;
  }
}
