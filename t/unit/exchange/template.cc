#include "exchange/template.h"

#include "t/unit/exchange/rig.h"

using exchange::Template;

namespace {
std::string error_of(std::string_view text) {
  rig::Rig rig;
  base::Result<Template> compiled = Template::compile(text, rig.builder);
  return compiled ? rig.bind() : compiled.error().message;
}
}  // namespace

Test(template, literal_is_itself) {
  rig::Rig rig;
  base::Result<Template> compiled = Template::compile("plain text", rig.builder);
  cr_assert(compiled->is_literal());
  cr_assert(compiled->evaluate(rig.exchange()) == "plain text");
}

Test(template, parts_are_joined) {
  rig::Rig rig;
  rig::same(rig.evaluate("$scheme://${host}$uri!"), "http://example.org/!");
}

Test(template, captures_of_the_last_match) {
  rig::Rig rig;
  auto regex = exchange::Regex::compile("^(\\w+)-(\\w+)$", false, &rig.builder.variables());
  cr_assert((*regex)->match("one-two", rig.exchange()));
  rig::same(rig.evaluate("$2$1$3."), "twoone.");
}

Test(template, names_may_be_defined_later) {
  rig::Rig rig;
  base::Result<Template> compiled = Template::compile("<$later>", rig.builder);
  uint32_t index = rig.builder.variables().slot("later");
  rig.exchange().set_variable(index, "value");
  cr_assert(compiled->evaluate(rig.exchange()) == "<value>");
}

Test(template, unknown_name_is_an_error) { rig::same(error_of("$nobody"), "unknown \"nobody\" variable"); }

Test(template, open_brace_is_an_error) {
  rig::same(error_of("a${uri"), "the closing bracket in \"uri\" variable is missing");
}

Test(template, lone_dollar_is_an_error) {
  rig::same(error_of("a$"), "invalid variable name");
  rig::same(error_of("$.b"), "invalid variable name");
}

Test(template, more_parts_than_few) {
  rig::Rig rig;
  std::string text;
  std::string expected;
  for (int i = 0; i < 40; ++i) text += "$scheme,", expected += "http,";
  rig::same(rig.evaluate(text), expected);
}

Test(template, any_set_takes_neither_empty_nor_zero) {
  rig::Rig rig;
  rig.exchange();
  Template no[] = {Template("0"), Template("")};
  Template yes[] = {Template("0"), Template("x")};
  cr_assert_not(exchange::any_set(no, rig.exchange()));
  cr_assert(exchange::any_set(yes, rig.exchange()));
}
