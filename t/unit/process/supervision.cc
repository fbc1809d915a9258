#include "process/supervision.h"

#include <criterion/criterion.h>

using base::Duration;
using process::Backoff;

Test(supervision, the_first_early_death_is_replaced_at_once) {
  Backoff backoff;
  cr_assert_eq(backoff.after(Duration(5)).count(), 0);
}

Test(supervision, early_deaths_in_a_row_wait_ever_longer_up_to_a_limit) {
  Backoff backoff;
  backoff.after(Duration(0));
  for (int expected : {100, 200, 400, 800, 1600, 2000, 2000}) {
    cr_assert_eq(backoff.after(Duration(199)).count(), expected);
  }
  for (int i = 0; i < 100; ++i) cr_assert_eq(backoff.after(Duration(0)), Backoff::kLongestDelay);
}

Test(supervision, a_long_life_forgets_the_early_deaths) {
  Backoff backoff;
  for (int i = 0; i < 5; ++i) backoff.after(Duration(0));
  cr_assert_eq(backoff.after(Duration(200)).count(), 0);
  cr_assert_eq(backoff.after(Duration(0)).count(), 0);
  cr_assert_eq(backoff.after(Duration(0)).count(), 100);
}
