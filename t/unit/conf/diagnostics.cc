#include "conf/diagnostics.h"

#include <criterion/criterion.h>

namespace {

std::string printed(std::string line, uint32_t column) {
  conf::Tree tree;
  tree.files.push_back({"f", "first\n" + std::move(line) + "\nthird"});
  conf::Diagnostics diagnostics;
  diagnostics.error({0, 2, column}, "wrong");
  return diagnostics.print(diagnostics.all()[0], tree);
}

}  // namespace

Test(diagnostics, show_the_line_and_a_caret) {
  cr_assert_eq(printed("abc def", 5), "f:2:5: wrong\n    abc def\n        ^");
}

Test(diagnostics, put_the_caret_right_after_tabs_and_wide_letters) {
  cr_assert_eq(printed("\ta\xc3\xa4 b", 6), "f:2:6: wrong\n    \ta\xc3\xa4 b\n    \t   ^");
}

Test(diagnostics, never_send_control_bytes_to_the_terminal) {
  cr_assert_eq(printed("a\x1b[2J\r", 1), "f:2:1: wrong\n    a?[2J\n    ^");
}

Test(diagnostics, show_only_the_part_of_a_long_line_around_the_caret) {
  std::string source(1001, 'b');
  source.replace(0, 500, 500, 'a');
  source[500] = 'X';
  std::string text = printed(source, 501);
  size_t line = text.find('\n') + 1;
  size_t caret_line = text.find('\n', line) + 1;
  cr_assert_lt(caret_line - line, 140);
  cr_assert_eq(text[line + (text.size() - 1 - caret_line)], 'X');
}

Test(diagnostics, without_a_place_are_only_the_message) {
  conf::Diagnostics diagnostics;
  diagnostics.error({}, "no {}", "place");
  diagnostics.error({9, 1, 1}, "no file");
  cr_assert_eq(diagnostics.print(diagnostics.all()[0], {}), "no place");
  cr_assert_eq(diagnostics.print(diagnostics.all()[1], {}), "no file");
}

Test(diagnostics, are_sorted_by_place_and_told_once) {
  conf::Diagnostics diagnostics;
  diagnostics.error({0, 2, 1}, "b");
  diagnostics.warn({0, 1, 1}, "a");
  diagnostics.error({0, 2, 1}, "b");
  diagnostics.error({0, 2, 1}, "c");
  diagnostics.error({0, 2, 1}, "b");
  cr_assert_eq(diagnostics.all().size(), 3);
  cr_assert_eq(diagnostics.all()[0].message, "a");
  cr_assert_eq(diagnostics.all()[1].message, "b");
  cr_assert_eq(diagnostics.all()[2].message, "c");
}

Test(diagnostics, fail_only_on_errors) {
  conf::Diagnostics diagnostics;
  diagnostics.warn({}, "a");
  diagnostics.notice({}, "b");
  cr_assert(!diagnostics.failed());
  diagnostics.error({}, "c");
  cr_assert(diagnostics.failed());
}
