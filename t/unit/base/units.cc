#include "base/units.h"

#include <criterion/criterion.h>

namespace {

uint64_t bytes_of(std::string_view text) {
  base::Result<uint64_t> parsed = base::parse_size(text);
  cr_assert(parsed.has_value(), "\"%s\" is refused", std::string(text).c_str());
  return *parsed;
}

int64_t milliseconds(std::string_view text) {
  base::Result<base::Duration> parsed = base::parse_duration(text);
  cr_assert(parsed.has_value(), "\"%s\" is refused", std::string(text).c_str());
  return parsed->count();
}

void refuses_size(std::string_view text) {
  cr_assert(!base::parse_size(text).has_value(), "size \"%s\" is taken", std::string(text).c_str());
}

void refuses_duration(std::string_view text) {
  cr_assert(!base::parse_duration(text).has_value(), "time \"%s\" is taken", std::string(text).c_str());
}

}  // namespace

Test(units, sizes_take_k_m_and_g_in_either_case) {
  cr_assert_eq(bytes_of("0"), 0);
  cr_assert_eq(bytes_of("512"), 512);
  cr_assert_eq(bytes_of("4k"), 4096);
  cr_assert_eq(bytes_of("4K"), 4096);
  cr_assert_eq(bytes_of("1m"), 1 << 20);
  cr_assert_eq(bytes_of("1M"), 1 << 20);
  cr_assert_eq(bytes_of("10g"), uint64_t{10} << 30);
  cr_assert_eq(bytes_of("10G"), uint64_t{10} << 30);
}

Test(units, sizes_that_are_no_numbers_are_refused) {
  for (const char* text : {"", "k", "4t", "4kb", "4 k", " 4", "-1", "0x10", "4.5m", "k4"}) refuses_size(text);
}

Test(units, sizes_reach_to_the_largest_signed_number) {
  cr_assert_eq(bytes_of("9223372036854775807"), uint64_t{9223372036854775807u});
  cr_assert_eq(bytes_of("8589934591g"), uint64_t{8589934591} << 30);
  refuses_size("9223372036854775808");
  refuses_size("8589934592g");
  refuses_size("18446744073709551615k");
  refuses_size("99999999999999999999");
}

Test(units, a_bare_number_is_seconds) {
  cr_assert_eq(milliseconds("0"), 0);
  cr_assert_eq(milliseconds("30"), 30'000);
  cr_assert_eq(milliseconds("1m 30"), 90'000);
  cr_assert_eq(milliseconds("1m30"), 90'000);
}

Test(units, times_have_each_unit_of_nginx) {
  cr_assert_eq(milliseconds("500ms"), 500);
  cr_assert_eq(milliseconds("7s"), 7'000);
  cr_assert_eq(milliseconds("6m"), 360'000);
  cr_assert_eq(milliseconds("5h"), 18'000'000);
  cr_assert_eq(milliseconds("4d"), 345'600'000);
  cr_assert_eq(milliseconds("3w"), 1'814'400'000);
  cr_assert_eq(milliseconds("2M"), int64_t{60} * 86400 * 1000);
  cr_assert_eq(milliseconds("1y"), int64_t{365} * 86400 * 1000);
}

Test(units, times_add_up_with_or_without_spaces) {
  cr_assert_eq(milliseconds("1h 30m"), 5'400'000);
  cr_assert_eq(milliseconds("1h30m"), 5'400'000);
  cr_assert_eq(milliseconds("1h   30m "), 5'400'000);
  cr_assert_eq(milliseconds("1y 2M"), int64_t{425} * 86400 * 1000);
  cr_assert_eq(milliseconds("1s 250ms"), 1'250);
}

Test(units, times_out_of_order_or_repeated_are_refused) {
  for (const char* text : {"30m 1h", "1h 2h", "5s 3", "2M 1y", "1ms 1s", "30 1"}) refuses_duration(text);
}

Test(units, times_that_are_none_are_refused) {
  for (const char* text : {"", " ", "s", "ms", " 5", "-1", "1x", "1.5s", "1H", "1hm", "5 m", "off"})
    refuses_duration(text);
}

Test(units, times_that_overflow_are_refused) {
  refuses_duration("9223372036854775807");
  refuses_duration("99999999999999999999s");
  refuses_duration("292471209y");
  cr_assert_eq(milliseconds("9223372036854775807ms"), INT64_MAX);
  refuses_duration("9223372036854775s 808ms");
}

Test(units, printed_sizes_parse_back) {
  for (uint64_t bytes : {uint64_t{0}, uint64_t{1}, uint64_t{1023}, uint64_t{1024}, uint64_t{1025},
                         uint64_t{4096}, uint64_t{1} << 20, uint64_t{3} << 30, uint64_t{INT64_MAX}}) {
    cr_assert_eq(bytes_of(base::print_size(bytes)), bytes);
  }
  cr_assert_eq(base::print_size(4096), "4k");
  cr_assert_eq(base::print_size(1025), "1025");
}

Test(units, printed_times_parse_back) {
  for (int64_t count : {int64_t{0}, int64_t{1}, int64_t{999}, int64_t{1000}, int64_t{61'001},
                        int64_t{86'400'000}, int64_t{INT64_MAX}}) {
    cr_assert_eq(milliseconds(base::print_duration(base::Duration(count))), count);
  }
  cr_assert_eq(base::print_duration(std::chrono::minutes(90)), "1h30m");
  cr_assert_eq(base::print_duration(base::Duration(500)), "500ms");
  cr_assert_eq(base::print_duration(base::Duration(0)), "0s");
}
