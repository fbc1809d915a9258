#include "base/clock.h"

#include <criterion/criterion.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace {
std::string http_date(int64_t seconds_since_1970) {
  char out[32];
  return {out, base::format_http_date(seconds_since_1970, out)};
}

void use_zone(const char* zone) {
  setenv("TZ", zone, 1);
  tzset();
}
}  // namespace

Test(clock, http_date_has_the_preferred_form_of_rfc_9110_5_6_7) {
  cr_assert(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  cr_assert(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  cr_assert(http_date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
}

Test(clock, http_date_stays_within_four_digits_of_year) {
  cr_assert(http_date(-5) == "Thu, 01 Jan 1970 00:00:00 GMT");
  cr_assert(http_date(INT64_MAX) == "Fri, 31 Dec 9999 23:59:59 GMT");
}

Test(clock, local_forms_are_those_of_nginx) {
  use_zone("XST-5:30");  // east of Greenwich
  base::Clock clock;
  clock.set_wall(784111777999);
  cr_assert(clock.http_date() == "Sun, 06 Nov 1994 08:49:37 GMT");
  cr_assert(clock.local_time() == "06/Nov/1994:14:19:37 +0530");
  cr_assert(clock.iso_time() == "1994-11-06T14:19:37+05:30");
  cr_assert(clock.log_time() == "1994/11/06 14:19:37");
}

Test(clock, west_of_greenwich_is_minus) {
  use_zone("XST3:30");
  base::Clock clock;
  clock.set_wall(784111777000);
  cr_assert(clock.local_time() == "06/Nov/1994:05:19:37 -0330");
  cr_assert(clock.iso_time() == "1994-11-06T05:19:37-03:30");
}

Test(clock, advance_moves_both_clocks_and_update_keeps_it) {
  base::Clock clock;
  clock.set_wall(784111777000);
  base::MonoTime before = clock.now();
  clock.advance(base::Duration(2500));
  cr_assert_eq(clock.now(), before + 2500);
  cr_assert_eq(clock.wall(), 784111779500);
  cr_assert(clock.http_date() == "Sun, 06 Nov 1994 08:49:39 GMT");
  clock.update();
  cr_assert_geq(clock.now(), before + 2500);
  cr_assert_lt(clock.now(), before + 60000);
  cr_assert_geq(clock.wall(), 784111779500);
  cr_assert_lt(clock.wall(), 784111839500);
}
