#include "base/arena.h"

#include <criterion/criterion.h>

#include <cstdint>
#include <string>

Test(arena, memory_is_aligned_as_asked) {
  base::Arena arena;
  arena.chars(3);
  for (size_t align : {1, 2, 4, 8, 16}) {
    cr_assert_eq(reinterpret_cast<uintptr_t>(arena.allocate(5, align)) % align, 0);
  }
}

Test(arena, an_object_larger_than_a_block_gets_its_own) {
  base::Arena arena;
  char* large = arena.chars(100000);
  std::memset(large, 'x', 100000);
  cr_assert_geq(arena.reserved(), 100000u);
  arena.clear();
  cr_assert_eq(arena.reserved(), 0u);
}

Test(arena, pieces_do_not_overlap) {
  base::Arena arena;
  std::string_view kept[2000];
  for (int i = 0; i < 2000; ++i) kept[i] = arena.copy(std::to_string(i));
  for (int i = 0; i < 2000; ++i) cr_assert(kept[i] == std::to_string(i));
}

Test(arena, join_puts_the_parts_together) {
  base::Arena arena;
  cr_assert(arena.join("a", std::string("bc"), std::string_view()) == "abc");
  cr_assert(arena.copy("").empty());
}

namespace {
struct Noted {
  Noted(std::string& notes, char name) : notes_(notes), name_(name) {}
  ~Noted() { notes_ += name_; }
  std::string& notes_;
  char name_;
};
}  // namespace

Test(arena, objects_are_destroyed_last_made_first_and_once) {
  std::string notes;
  {
    base::Arena arena;
    arena.make<Noted>(notes, 'a');
    arena.make<Noted>(notes, 'b');
    arena.clear();
    cr_assert(notes == "ba");
    arena.make<Noted>(notes, 'c');
  }
  cr_assert(notes == "bac");
}
