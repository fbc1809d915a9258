#include "conf/lexer.h"

#include <criterion/criterion.h>

#include <vector>

namespace {

// The words of `text` joined by "|", with ";" "{" "}" as themselves and quoted words in <>.
std::string words(std::string_view text, conf::Diagnostics& diagnostics) {
  conf::Lexer lexer(text, 0, diagnostics);
  std::string all;
  for (;;) {
    conf::Token token = lexer.next();
    if (token.kind == conf::Token::Kind::end) return all;
    if (!all.empty()) all += '|';
    switch (token.kind) {
      case conf::Token::Kind::word:
        all += token.word.quoted ? "<" + token.word.text + ">" : token.word.text;
        break;
      case conf::Token::Kind::semicolon: all += ';'; break;
      case conf::Token::Kind::open: all += '{'; break;
      default: all += '}';
    }
  }
}

std::string sound_words(std::string_view text) {
  conf::Diagnostics diagnostics;
  std::string all = words(text, diagnostics);
  cr_assert(!diagnostics.failed(), "\"%s\": %s", std::string(text).c_str(),
            diagnostics.all()[0].message.c_str());
  return all;
}

struct Expected {
  uint32_t line;
  uint32_t column;
  std::string_view part;
};

void fails(std::string_view text, std::vector<Expected> expected, std::string_view recovered) {
  conf::Diagnostics diagnostics;
  std::string all = words(text, diagnostics);
  cr_assert_eq(diagnostics.all().size(), expected.size(), "\"%s\": %zu errors", std::string(text).c_str(),
               diagnostics.all().size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const conf::Diagnostic& found = diagnostics.all()[i];
    cr_assert_eq(found.at.line, expected[i].line, "%s in line %u", found.message.c_str(), found.at.line);
    cr_assert_eq(found.at.column, expected[i].column, "%s in column %u", found.message.c_str(),
                 found.at.column);
    cr_assert_neq(found.message.find(expected[i].part), std::string::npos, "%s", found.message.c_str());
  }
  cr_assert_eq(all, recovered, "recovered as %s", all.c_str());
}

}  // namespace

Test(lexer, words_are_parted_by_space_semicolon_and_open_brace) {
  cr_assert_eq(sound_words("a b;c{d;}"), "a|b|;|c|{|d|;|}");
  cr_assert_eq(sound_words("\ta\r\n\r\nb ;"), "a|b|;");
}

Test(lexer, a_closing_brace_in_a_word_belongs_to_it) { cr_assert_eq(sound_words("a b}c;"), "a|b}c|;"); }

Test(lexer, comments_end_with_the_line_and_start_only_before_a_word) {
  cr_assert_eq(sound_words("a # b; \" {\nc;#d"), "a|c|;");
  cr_assert_eq(sound_words("a b#c;"), "a|b#c|;");
}

Test(lexer, quotes_keep_space_and_braces) {
  cr_assert_eq(sound_words("a \"b c;{}#\" 'd \"e\"';"), "a|<b c;{}#>|<d \"e\">|;");
  cr_assert_eq(sound_words("a \"\" '';"), "a|<>|<>|;");
  cr_assert_eq(sound_words("a \"b\nc\";"), "a|<b\nc>|;");
}

Test(lexer, a_quote_inside_a_word_is_a_letter) { cr_assert_eq(sound_words("a b\"c d'e;"), "a|b\"c|d'e|;"); }

Test(lexer, known_escapes_are_replaced_everywhere) {
  cr_assert_eq(sound_words("a \\\"b\\'c\\\\d\\te\\rf\\ng;"), "a|\"b'c\\d\te\rf\ng|;");
  cr_assert_eq(sound_words("a \"\\\"b\\'c\\\\d\\te\\rf\\ng\";"), "a|<\"b'c\\d\te\rf\ng>|;");
  cr_assert_eq(sound_words("a 'it\\'s';"), "a|<it's>|;");
}

Test(lexer, other_backslashes_survive_for_regular_expressions) {
  cr_assert_eq(sound_words("a ~ \\.php$ \"\\.(gif|jpg)$\";"), "a|~|\\.php$|<\\.(gif|jpg)$>|;");
  cr_assert_eq(sound_words("a ^\\d+\\s\\w$;"), "a|^\\d+\\s\\w$|;");
}

Test(lexer, a_backslash_keeps_what_would_end_a_word) {
  cr_assert_eq(sound_words("a b\\ c\\;d\\{2\\};"), "a|b\\ c\\;d\\{2\\}|;");
  cr_assert_eq(sound_words("a \\#b;"), "a|\\#b|;");
}

Test(lexer, a_brace_after_a_dollar_opens_no_block) {
  cr_assert_eq(sound_words("a ${host}b x${uri};"), "a|${host}b|x${uri}|;");
  cr_assert_eq(sound_words("a $b{c;}"), "a|$b|{|c|;|}");
}

Test(lexer, a_quoted_word_may_be_followed_by_a_parenthesis) {
  cr_assert_eq(sound_words("if ($a = \"b\"){c;}"), "if|($a|=|<b>|)|{|c|;|}");
}

Test(lexer, a_byte_order_mark_is_skipped) {
  cr_assert_eq(sound_words("\xef\xbb\xbf"
                           "a;"),
               "a|;");
}

Test(lexer, each_word_knows_its_place) {
  conf::Diagnostics diagnostics;
  conf::Lexer lexer("a\n  \"b\nc\"\td;", 7, diagnostics);
  conf::Position a = lexer.next().at;
  conf::Position b = lexer.next().at;
  conf::Position d = lexer.next().at;
  cr_assert(a.file == 7 && a.line == 1 && a.column == 1);
  cr_assert(b.line == 2 && b.column == 3);
  cr_assert(d.line == 3 && d.column == 4);
}

Test(lexer, what_follows_a_quoted_word_is_checked) {
  fails("a \"b\"c;\nd;", {{1, 6, "unexpected \"c\" after a quoted word"}}, "a|<b>|c|;|d|;");
}

Test(lexer, a_quote_never_closed_is_reported_where_it_opens_and_ends_with_its_line) {
  fails("a \"b;\nc d;\ne {f;}", {{1, 3, "is never closed"}}, "a|<b>|;|c|d|;|e|{|f|;|}");
  fails("a 'b {\nc;\n}", {{1, 3, "is never closed"}}, "a|<b >|{|c|;|}");
  fails("a \"b", {{1, 3, "is never closed"}}, "a|<b>|;");
}

Test(lexer, a_forgotten_closing_quote_is_found_by_the_next_quote) {
  fails("a \"b;\nc \"d\";\ne;", {{1, 3, "is closed only in line 2"}}, "a|<b>|;|c|<d>|;|e|;");
}

Test(lexer, a_quote_is_searched_only_so_far) {
  fails("a \"b;\n" + std::string(conf::Lexer::kMaxWord, 'x') + "\n\";",
        {{1, 3, "is never closed"}, {3, 1, "never closed"}},
        "a|<b>|;|" + std::string(conf::Lexer::kMaxWord, 'x') + "|<>|;");
}

Test(lexer, gives_up_after_many_errors) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "a \"b\"c;\n";
  conf::Diagnostics diagnostics;
  words(text, diagnostics);
  cr_assert_eq(diagnostics.all().size(), conf::Lexer::kMaxErrors + 1);
  cr_assert_neq(diagnostics.all().back().message.find("the rest is not read"), std::string::npos);
}
