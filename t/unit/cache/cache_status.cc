#include "cache/cache_status.h"

#include <criterion/criterion.h>

namespace {

std::string print(const cache::CacheStatus& status) {
  base::Arena arena;
  return std::string(cache::print_cache_status(status, arena));
}

}  // namespace

// RFC 9211 §2
Test(cache_status, a_hit_has_its_time_to_live) {
  cache::CacheStatus status;
  status.outcome = cache::Outcome::hit;
  status.ttl = 30;
  cr_assert(print(status) == "Proxycache; hit; ttl=30");
}
Test(cache_status, what_was_forwarded_says_why_and_whether_it_is_stored) {
  cache::CacheStatus status;
  status.fwd = "uri-miss";
  status.fwd_status = 200;
  status.stored = true;
  cr_assert(print(status) == "Proxycache; fwd=uri-miss; fwd-status=200; stored");
  status.stored = false;
  status.detail = "no-store";
  cr_assert(print(status) == "Proxycache; fwd=uri-miss; fwd-status=200; detail=no-store");
}
// §2.8: a String
Test(cache_status, the_key_is_quoted_and_left_out_where_it_cannot_be) {
  cache::CacheStatus status;
  status.outcome = cache::Outcome::hit;
  status.key = "http://a/\"b\\";
  cr_assert(print(status) == "Proxycache; hit; key=\"http://a/\\\"b\\\\\"");
  status.key = "http://a/\xc3\xa4";
  cr_assert(print(status) == "Proxycache; hit");
}
