#include "http/cache_control.h"

#include <criterion/criterion.h>

using http::CacheControl;
using http::parse_cache_control;

Test(cache_control, directives_are_read_in_any_case) {
  CacheControl cc = parse_cache_control("Max-Age=60, S-MAXAGE=\"30\" ,no-STORE,, Public");
  cr_assert(cc.present && cc.max_age == 60u && cc.s_maxage == 30u && cc.no_store && cc.is_public);
  cr_assert(!cc.no_cache && !cc.must_revalidate);
}

Test(cache_control, seconds_saturate) {  // RFC 9111 §1.2.2
  cr_assert(parse_cache_control("max-age=99999999999999999999999").max_age == http::kMaxDeltaSeconds);
  cr_assert(parse_cache_control("max-age=2147483648").max_age == 2147483648u);
}

Test(cache_control, bad_numbers_are_stale) {  // RFC 9111 §4.2.1
  for (std::string_view text :
       {"max-age=x", "max-age=", "max-age", "max-age=-1", "max-age=1.5", "max-age=\"\""}) {
    cr_assert(parse_cache_control(text).max_age == 0u, "%.*s", int(text.size()), text.data());
  }
}

Test(cache_control, the_first_of_repeated_ones_counts) {
  cr_assert(parse_cache_control("max-age=1, max-age=2").max_age == 1u);
}

Test(cache_control, qualified_forms_list_fields) {
  CacheControl cc = parse_cache_control("no-cache=\"Set-Cookie, X-A\", private=x-b, max-age=5");
  cr_assert(!cc.no_cache && !cc.is_private && cc.max_age == 5u);
  cr_assert(cc.no_cache_fields.size() == 2 && cc.no_cache_fields[1] == "X-A");
  cr_assert(cc.private_fields.size() == 1 && cc.private_fields[0] == "x-b");
  cr_assert(parse_cache_control("no-cache=\"\"").no_cache);
}

Test(cache_control, commas_in_quotes_do_not_separate) {
  CacheControl cc = parse_cache_control("x=\"a, no-store, \\\", private\", max-age=7");
  cr_assert(!cc.no_store && !cc.is_private && cc.max_age == 7u);
  cr_assert(!parse_cache_control("x=\"no-store").no_store);
}

Test(cache_control, request_directives_are_read) {
  CacheControl cc = parse_cache_control("only-if-cached, max-stale, min-fresh=3");
  cr_assert(cc.only_if_cached && cc.max_stale_any && cc.min_fresh == 3u);
  cr_assert(parse_cache_control("max-stale=9").max_stale == 9u);
}

Test(cache_control, lines_add_up) {
  base::Arena arena;
  http::Fields fields(arena);
  fields.add("Cache-Control", "no-store");
  fields.add("cache-control", "stale-if-error=4, stale-while-revalidate=5, immutable");
  CacheControl cc = parse_cache_control(fields);
  cr_assert(cc.no_store && cc.stale_if_error == 4u && cc.stale_while_revalidate == 5u && cc.immutable);
  cr_assert(!parse_cache_control(fields, http::Name::cdn_cache_control).present);
}
