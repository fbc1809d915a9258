#include "conf/manual.h"

#include "t/unit/conf/rows.h"

namespace {

struct Page {
  conf::Section core = sample::core();
  conf::Section frame = sample::frame();
  const conf::Section* sections[2] = {&core, &frame};
};

void holds(const std::string& text, std::string_view part) {
  cr_assert_neq(text.find(part), std::string::npos, "\"%s\" is not in\n%s", std::string(part).c_str(),
                text.c_str());
}

size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

Test(manual, man_page_has_every_row_with_syntax_default_context_and_help) {
  Page page;
  std::string text = conf::print_man(page.sections);
  holds(text, ".Ss \"\\&core\"\n.Bl -tag -width Ds\n");
  holds(
      text,
      ".It Ic flag No \"\\&on | off\"\nDefault:\n.Ql \"\\&flag on\"\n.br\nWith compat nginx:\n.Ql \"\\&flag "
      "off\"\n.br\nContext: http, server, location\n.Pp\nTurns it on.\n");
  holds(text, ".It Ic http No \"\\&{ ... }\"\nContext: main\n");
  cr_assert_eq(count(text, "\n.It Ic "), page.core.rows.size() + page.frame.rows.size());
  cr_assert_eq(count(text, ".Bl"), count(text, ".El"));
}

Test(manual, man_page_escapes_what_mdoc_would_obey) {
  static constexpr conf::Row kRows[] = {
      {.name = "x",
       .contexts = conf::kHttp,
       .syntax = "\\d \"Fl\"",
       .help = ".Nd is no request, nor is \\fB."},
  };
  conf::Section section = conf::section<int>("x", kRows);
  const conf::Section* sections[] = {&section};
  std::string text = conf::print_man(sections);
  holds(text, "No \"\\&\\ed \\(dqFl\\(dq\"\n");
  holds(text, "\n\\&.Nd is no request, nor is \\efB.\n");
}

Test(manual, html_has_every_row_and_unique_anchors) {
  Page page;
  std::string text = conf::print_html(page.sections);
  holds(text,
        "<dt id=\"core.item\"><code>item word ...</code></dt>\n<dd>\n<p>Default: <code>item x y; item "
        "'z;'</code>");
  holds(text, "<p>How many. Not &quot;13&quot;.</p>");
  holds(text, "<dt id=\"core.if\"><code>if (condition) { ... }</code>");
  holds(text, "<dt id=\"core.if.2\">");
  cr_assert_eq(count(text, "<dt id="), page.core.rows.size() + page.frame.rows.size());
}

Test(manual, the_table_of_differences_lists_rows_where_nginx_differs) {
  Page page;
  std::string man = conf::print_difference_table(page.sections);
  holds(man, ".It Ic flag Ta \"\\&on\" Ta \"\\&off\"\n");
  cr_assert_eq(count(man, ".It"), 2);
  std::string html = conf::print_difference_table(page.sections, conf::Form::html);
  holds(html, "<tr><td><code>flag</code></td><td><code>on</code></td><td><code>off</code></td></tr>\n");
  const conf::Section* same[] = {&page.frame};
  cr_assert_eq(conf::print_difference_table(same), "");
}
