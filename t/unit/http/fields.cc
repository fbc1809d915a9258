#include "http/fields.h"

#include <criterion/criterion.h>

#include <string>

using http::Fields;
using http::Name;

Test(fields, every_known_name_is_found_in_any_case) {
  for (unsigned i = 1; i < static_cast<unsigned>(Name::count_); i++) {
    auto name = static_cast<Name>(i);
    std::string text(http::canonical_name(name));
    cr_assert(http::find_name(text) == name, "%s", text.c_str());
    for (char& c : text) c = static_cast<char>(std::toupper(c));
    cr_assert(http::find_name(text) == name, "%s", text.c_str());
    for (char& c : text) c = static_cast<char>(std::tolower(c));
    cr_assert(http::find_name(text) == name, "%s", text.c_str());
  }
}

Test(fields, a_name_that_differs_in_one_character_is_another) {
  for (unsigned i = 1; i < static_cast<unsigned>(Name::count_); i++) {
    std::string text(http::canonical_name(static_cast<Name>(i)));
    for (char& c : text) {
      char kept = c;
      c = '!';
      cr_assert(http::find_name(text) == Name::other, "%s", text.c_str());
      c = kept;
    }
  }
  cr_assert(http::find_name("") == Name::other);
  cr_assert(http::find_name("x") == Name::other);
  cr_assert(http::find_name("Content-Length2") == Name::other);
}

Test(fields, set_replaces_all_at_the_first_place) {
  base::Arena arena;
  Fields fields(arena);
  fields.add("A", "1");
  fields.add("Vary", "x");
  fields.add("B", "2");
  fields.add("vary", "y");
  fields.set(Name::vary, "z");
  cr_assert_eq(fields.size(), 3);
  cr_assert(fields.begin()[1].value == "z");
  fields.set("b", "3");
  cr_assert(fields.get("B") == "3");
  fields.set("C", "4");
  cr_assert_eq(fields.size(), 4);
}

Test(fields, removed_names_are_gone_and_order_stays) {
  base::Arena arena;
  Fields fields(arena);
  for (int i = 0; i < 40; i++) fields.add(i % 2 ? "Via" : "X-One", arena.copy(std::to_string(i)));
  cr_assert_eq(fields.remove(Name::via), 20);
  cr_assert(!fields.has(Name::via));
  cr_assert_eq(fields.count(Name::via), 0);
  cr_assert(fields.begin()[1].value == "2");
  cr_assert_eq(fields.remove("x-one"), 20);
  cr_assert(fields.empty());
}

Test(fields, several_lines_combine_with_comma) {
  base::Arena arena;
  Fields fields(arena);
  fields.add("Accept", "a");
  fields.add("X-Other", "1");
  fields.add("accept", "b");
  fields.add("x-other", "2");
  cr_assert(fields.combined(Name::accept) == "a, b");
  cr_assert(fields.combined("X-Other") == "1, 2");
  cr_assert(fields.combined(Name::age).empty());
}
