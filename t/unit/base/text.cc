#include "base/text.h"

#include <criterion/criterion.h>

#include <vector>

Test(text, case_is_ignored_in_ascii_only) {
  cr_assert(base::equals_ignoring_case("Content-LENGTH", "content-length"));
  cr_assert_not(base::equals_ignoring_case("a", "ab"));
  cr_assert_not(base::equals_ignoring_case("[", "{"));
  cr_assert_not(base::equals_ignoring_case("\xc4", "\xe4"));
  cr_assert(base::starts_ignoring_case("HTTP/1.1", "http/"));
  cr_assert_not(base::starts_ignoring_case("ht", "http"));
  cr_assert(base::lower("AbC-9") == "abc-9");
}

Test(text, trim_takes_spaces_and_tabs_and_nothing_else) {
  cr_assert(base::trim(" \t a b \t") == "a b");
  cr_assert(base::trim("  \t ").empty());
  cr_assert(base::trim("\na\r") == "\na\r");
}

Test(text, numbers_are_digits_within_64_bits) {
  cr_assert(base::parse_uint("0") == 0u);
  cr_assert(base::parse_uint("18446744073709551615") == UINT64_MAX);
  for (const char* bad :
       {"", "-1", "+1", " 1", "1 ", "18446744073709551616", "99999999999999999999", "0x1"}) {
    cr_assert_not(base::parse_uint(bad).has_value(), "%s", bad);
  }
}

Test(text, hexadecimal_has_at_most_sixteen_digits) {
  cr_assert(base::parse_hex("fF") == 255u);
  cr_assert(base::parse_hex("ffffffffffffffff") == UINT64_MAX);
  for (const char* bad : {"", "g", "0x1", "00000000000000001", "1 "}) {
    cr_assert_not(base::parse_hex(bad).has_value(), "%s", bad);
  }
  cr_assert(base::hex("\x00\xff\x1a", 3) == "00ff1a");
}

Test(text, edit_distance_counts_single_edits) {
  cr_assert_eq(base::edit_distance("", "abc"), 3u);
  cr_assert_eq(base::edit_distance("server", "sever"), 1u);
  cr_assert_eq(base::edit_distance("listen", "silent"), 4u);
}

Test(text, split_leaves_empty_parts_out) {
  std::vector<std::string> parts;
  base::split(" a ,, b,\t,c", ',', [&](std::string_view part) { parts.emplace_back(part); });
  cr_assert(parts == std::vector<std::string>({"a", "b", "c"}));
}
