#include "exchange/regex.h"

#include "t/unit/exchange/rig.h"

using exchange::Regex;

Test(regex, case_counts_unless_ignored) {
  cr_assert((*Regex::compile("^/a", false, nullptr))->match("/ab"));
  cr_assert_not((*Regex::compile("^/a", false, nullptr))->match("/AB"));
  cr_assert((*Regex::compile("^/a", true, nullptr))->match("/AB"));
}

Test(regex, empty_text_can_match) { cr_assert((*Regex::compile("^$", false, nullptr))->match({})); }

Test(regex, named_groups_become_variables) {
  rig::Rig rig;
  auto regex = Regex::compile("^/(?<lang>..)/(?<page>.*)?", false, &rig.builder.variables());
  cr_assert((*regex)->match("/de/start", rig.exchange()));
  rig::same(rig.evaluate("$lang $page"), "de start");
}

Test(regex, built_in_cannot_be_a_group) {
  rig::Rig rig;
  auto regex = Regex::compile("(?<uri>.*)", false, &rig.builder.variables());
  cr_assert_not(regex.has_value());
  rig::same(regex.error().message, "the duplicate \"uri\" variable");
}

Test(regex, error_says_where) {
  auto regex = Regex::compile("a(b", false, nullptr);
  cr_assert_not(regex.has_value());
  cr_assert(regex.error().message.find("in \"a(b\"") != std::string::npos);
}

Test(regex, unset_group_is_empty) {
  exchange::Captures captures;
  cr_assert((*Regex::compile("(a)?(b)", false, nullptr))->match("b", &captures));
  cr_assert_eq(captures.count, 3);
  cr_assert(captures.group[1].empty());
  cr_assert(captures.group[2] == "b");
}

Test(regex, endless_backtracking_is_cut) {
  rig::Rig rig;
  auto regex = Regex::compile("^(a+)+$", false, nullptr);
  std::string text(40, 'a');
  text += 'b';
  cr_assert_not((*regex)->match(text, rig.exchange()));
}
