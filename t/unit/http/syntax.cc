#include "http/syntax.h"

#include <criterion/criterion.h>

using http::NameVerdict;

Test(syntax, field_names_are_judged_as_configured) {
  http::HeadLimits limits;
  cr_assert(http::judge_name("X-Abc-9", limits) == NameVerdict::keep);
  cr_assert(http::judge_name("X_Abc", limits) == NameVerdict::ignore);
  cr_assert(http::judge_name("X.Abc", limits) == NameVerdict::ignore);
  cr_assert(http::judge_name("X(Abc", limits) == NameVerdict::ignore);
  limits.underscores_in_headers = true;
  cr_assert(http::judge_name("X_Abc", limits) == NameVerdict::keep);
  limits.ignore_invalid_headers = false;
  cr_assert(http::judge_name("X.Abc", limits) == NameVerdict::keep);
  cr_assert(http::judge_name("X(Abc", limits) == NameVerdict::refuse);
}

Test(syntax, spaces_and_controls_in_names_are_always_refused) {  // RFC 9112 §5.1
  http::HeadLimits limits;
  for (std::string_view name : {"", "Host ", "A B", "A\tB", "A\x01", "A\x7f"}) {
    cr_assert(http::judge_name(name, limits) == NameVerdict::refuse);
  }
}
