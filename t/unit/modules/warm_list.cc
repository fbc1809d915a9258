#include "modules/cache/warm_list.h"

#include <criterion/criterion.h>

#include "modules/cache/warmer.h"

using cache_module::read_warm_list;
using cache_module::WarmList;

Test(warm_list, urls_are_taken_once_in_their_order) {
  WarmList list =
      read_warm_list("http://a/1\n# no\n\nhttp://a/2 and more\r\nhttp://a/1\nhttps://a/3\nwhat", "");
  cr_assert_eq(list.urls.size(), 2);
  cr_assert(list.urls[0] == "http://a/1");
  cr_assert(list.urls[1] == "http://a/2");
  cr_assert_eq(list.skipped, 2);
}
Test(warm_list, of_a_log_the_most_asked_for_come_first) {
  WarmList list = read_warm_list(
      "1.2.3.4 - - [t] \"GET /rare HTTP/1.1\" 200 1\n"
      "1.2.3.4 - - [t] \"GET /often?x=1 HTTP/1.1\" 200 1\n"
      "1.2.3.4 - - [t] \"HEAD /head HTTP/1.1\" 200 1\n"
      "1.2.3.4 - - [t] \"GET /often?x=1 HTTP/1.1\" 200 1\n",
      "http://a/");
  cr_assert_eq(list.urls.size(), 2);
  cr_assert(list.urls[0] == "http://a/often?x=1");
  cr_assert(list.urls[1] == "http://a/rare");
}
Test(warm_list, a_log_without_a_base_names_nothing) {
  cr_assert(read_warm_list("1.2.3.4 - - [t] \"GET /a HTTP/1.1\" 200 1\n", "").urls.empty());
}
Test(warm_list, an_export_names_the_url_before_the_key) {
  WarmList list = read_warm_list(
      "{\"key\":\"k\",\"url\":\"http://a/1\"}\n{\"key\":\"http://a/2\"}\n{\"key\":\"k\"}\n{\"key\":", "");
  cr_assert_eq(list.urls.size(), 2);
  cr_assert(list.urls[1] == "http://a/2");
  cr_assert_eq(list.skipped, 2);
}
Test(warmer, places_and_rates_are_checked) {
  cr_assert(cache_module::parse_place("127.0.0.1:80"));
  cr_assert(cache_module::parse_place("[::1]:80"));
  for (const char* bad : {"", "127.0.0.1", "a:80", "127.0.0.1:0", "127.0.0.1:65536"})
    cr_assert_not(cache_module::parse_place(bad), "%s", bad);
  cr_assert(cache_module::parse_rate("0.5"));
  for (const char* bad : {"", "0", "-1", "nan", "1x"})
    cr_assert_not(cache_module::parse_rate(bad), "%s", bad);
}
