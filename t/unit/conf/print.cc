#include <criterion/criterion.h>

#include <random>

#include "conf/parser.h"

namespace {

void survives(const std::vector<conf::Directive>& directives) {
  conf::Tree tree;
  tree.directives = directives;
  std::string printed = conf::print(tree);
  conf::Diagnostics diagnostics;
  std::vector<conf::Directive> again = conf::parse_text(printed, diagnostics);
  cr_assert(!diagnostics.failed(), "%s\n%s", diagnostics.all()[0].message.c_str(), printed.c_str());
  cr_assert(conf::same_directives(directives, again), "changed:\n%s", printed.c_str());
}

std::string printed(std::string_view text) {
  conf::Diagnostics diagnostics;
  conf::Tree tree;
  tree.directives = conf::parse_text(text, diagnostics);
  cr_assert(!diagnostics.failed());
  survives(tree.directives);
  return conf::print(tree);
}

}  // namespace

Test(print, leaves_plain_words_as_they_stood) {
  cr_assert_eq(printed("location ~ \\.(gif|png)$ { root /a; }"),
               "location ~ \\.(gif|png)$ {\n    root /a;\n}\n");
  cr_assert_eq(printed("a ${host}x \\$1 b\\;c \\#d;"), "a ${host}x \\$1 b\\;c \\#d;\n");
}

Test(print, keeps_quotes_and_chooses_the_readable_one) {
  cr_assert_eq(printed("a 'b c' \"\" \"{\\\"d\\\":1}\" \"\\'\\\"\";"),
               "a \"b c\" \"\" '{\"d\":1}' \"'\\\"\";\n");
}

Test(print, escapes_what_would_be_read_otherwise) {
  cr_assert_eq(printed("a b\\tc \"d\\ne\" f\\\\n \\\"g \\\\${h};"),
               "a b\\tc \"d\\ne\" f\\\\n \\\"g \\\\${h};\n");
}

Test(print, a_name_with_the_bytes_of_a_byte_order_mark_survives) {
  cr_assert_eq(printed(" \xef\xbb\xbf"
                       "a;"),
               "\n\xef\xbb\xbf"
               "a;\n");
}

Test(print, words_made_by_hand_are_quoted_where_they_must) {
  for (const char* text :
       {"", " ", ";", "{", "}", "#a", "a b", "a;b", "a{b", "\"", "'", "\n", "a\\", "\\", "\\\\", "$"}) {
    conf::Directive directive;
    directive.name.text = "a";
    directive.args.push_back({text, {}, false});
    conf::Tree tree;
    tree.directives.push_back(directive);
    conf::Diagnostics diagnostics;
    std::vector<conf::Directive> again = conf::parse_text(conf::print(tree), diagnostics);
    cr_assert(!diagnostics.failed());
    cr_assert_eq(again[0].arg(0), text, "%s", text);
  }
}

Test(print, whatever_parses_prints_as_the_same_tree) {
  constexpr std::string_view kBytes = "ab\\\\\\\"'${};# \n\t\rtn).";
  std::mt19937 random(20);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (size_t size = random() % 40; size > 0; --size) text += kBytes[random() % kBytes.size()];
    conf::Diagnostics diagnostics;
    survives(conf::parse_text(text, diagnostics));
  }
}
