#include "cache/notes.h"

#include <criterion/criterion.h>
#include <sys/mman.h>

namespace {

struct Fixture {
  std::byte* memory = static_cast<std::byte*>(
      mmap(nullptr, cache::Notes::kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  cache::Notes notes{shm::Mapping(memory, cache::Notes::kBytes)};
};

base::Digest digest(int number) { return base::digest128(std::to_string(number)); }

}  // namespace

Test(notes, the_last_refusal_of_a_uri_is_remembered) {
  Fixture f;
  cr_assert_not(f.notes.find_refusal(digest(1)));
  f.notes.refuse(digest(1), 200, "private", 1000);
  f.notes.refuse(digest(1), 404, "no-freshness", 1001);
  cache::Refusal refusal = *f.notes.find_refusal(digest(1));
  cr_assert_eq(refusal.time, 1001);
  cr_assert_eq(refusal.status, 404);
  cr_assert(refusal.why == "no-freshness");
  f.notes.refuse(digest(1), 200, std::string(100, 'x'), 1002);
  cr_assert_eq(f.notes.find_refusal(digest(1))->why.size(), 24);
}
Test(notes, the_oldest_give_way_and_the_newest_is_there) {
  Fixture f;
  for (int i = 0; i < 50000; ++i) {
    f.notes.refuse(digest(i), 200, "private", i);
    cr_assert(f.notes.find_refusal(digest(i)));
  }
  cr_assert_not(f.notes.find_refusal(digest(0)));
}
Test(notes, a_torn_slot_is_no_note) {
  Fixture f;
  f.notes.refuse(digest(1), 200, "private", 1000);
  for (size_t i = 0; i < cache::Notes::kBytes; ++i) {
    if (f.memory[i] == std::byte{0}) continue;
    f.memory[i] ^= std::byte{1};
    cr_assert_not(f.notes.find_refusal(digest(1)), "byte %zu", i);
    f.memory[i] ^= std::byte{1};
  }
  cr_assert(f.notes.find_refusal(digest(1)));
}
Test(notes, the_newest_variants_of_a_key_are_known) {
  Fixture f;
  for (int i = 1; i <= 10; ++i) f.notes.add_variant(digest(0), digest(i), 1000);
  f.notes.add_variant(digest(0), digest(7), 1000);
  std::vector<base::Digest> places = f.notes.variants(digest(0));
  cr_assert_eq(places.size(), cache::Notes::kMostVariants);
  cr_assert(places[0] == digest(7));
  cr_assert(places[1] == digest(10));
  cr_assert(f.notes.variants(digest(1)).empty());
}
