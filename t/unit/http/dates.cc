#include "http/dates.h"

#include <criterion/criterion.h>

#include "base/clock.h"

namespace {
constexpr int64_t kNow = 1700000000;  // November 2023
}

Test(dates, the_three_forms_name_one_moment) {  // the example of RFC 9110 §5.6.7
  cr_assert(http::parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow) == 784111777);
  cr_assert(http::parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow) == 784111777);
  cr_assert(http::parse_date("Sun Nov  6 08:49:37 1994", kNow) == 784111777);
}

Test(dates, two_digit_years_are_within_fifty_years) {
  cr_assert(http::parse_date("Friday, 01-Jan-70 00:00:00 GMT", kNow) == 3155760000);
  cr_assert(http::parse_date("Friday, 01-Jan-80 00:00:00 GMT", kNow) == 315532800);
}

Test(dates, written_dates_are_read_back) {
  for (int64_t time = 0; time < 8000000000; time += 86399 * 37) {
    char text[32];
    size_t size = base::format_http_date(time, text);
    cr_assert(http::parse_date({text, size}, kNow) == time, "%s", text);
  }
}

Test(dates, anything_else_is_no_date) {
  for (std::string_view text :
       {"", "0", "-1", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 29 Feb 2023 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z"}) {
    cr_assert(!http::parse_date(text, kNow), "%.*s", int(text.size()), text.data());
  }
}
