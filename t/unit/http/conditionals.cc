#include "http/conditionals.h"

#include <criterion/criterion.h>

#include <utility>
#include <vector>

using http::Condition;
using http::DateMatch;

namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kLater = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr std::string_view kEarlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr int64_t kModified = 784111777;

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

Condition ask(const Pairs& pairs, std::string_view etag = "\"a\"", http::Method method = http::Method::get,
              DateMatch dates = DateMatch::before) {
  base::Arena arena;
  http::Request request(arena);
  request.method = method;
  for (auto [name, value] : pairs) request.fields.add(name, value);
  return http::evaluate(request, {etag, kModified, 0}, dates, kModified + 1000);
}

bool ranges(const Pairs& pairs, std::string_view etag = "\"a\"", int64_t date = 0) {
  base::Arena arena;
  http::Request request(arena);
  request.method = http::Method::get;
  for (auto [name, value] : pairs) request.fields.add(name, value);
  return http::range_applies(request, {etag, kModified, date}, kModified + 1000);
}

}  // namespace

Test(conditionals, if_none_match_compares_weakly) {  // RFC 9110 §13.1.2
  cr_assert(ask({{"If-None-Match", "\"a\""}}) == Condition::not_modified);
  cr_assert(ask({{"If-None-Match", "W/\"a\""}}) == Condition::not_modified);
  cr_assert(ask({{"If-None-Match", "\"x\", \"a,b\" , W/\"a\""}}) == Condition::not_modified);
  cr_assert(ask({{"If-None-Match", "*"}}) == Condition::not_modified);
  cr_assert(ask({{"If-None-Match", "\"x\""}, {"if-none-match", "\"a\""}}) == Condition::not_modified);
  cr_assert(ask({{"If-None-Match", "\"b\""}}) == Condition::proceed);
  cr_assert(ask({{"If-None-Match", "a"}}) == Condition::proceed);
  cr_assert(ask({{"If-None-Match", "\"a"}}) == Condition::proceed);
  cr_assert(ask({{"If-None-Match", "\"a\""}}, "") == Condition::proceed);
  cr_assert(ask({{"If-None-Match", "\"a\""}}, "\"a\"", http::Method::put) == Condition::precondition_failed);
}

Test(conditionals, if_match_compares_strongly) {  // RFC 9110 §13.1.1
  cr_assert(ask({{"If-Match", "\"a\""}}) == Condition::proceed);
  cr_assert(ask({{"If-Match", "*"}}) == Condition::proceed);
  cr_assert(ask({{"If-Match", "W/\"a\""}}, "W/\"a\"") == Condition::precondition_failed);
  cr_assert(ask({{"If-Match", "\"b\""}}) == Condition::precondition_failed);
}

Test(conditionals, dates_compare_as_configured) {
  cr_assert(ask({{"If-Modified-Since", kDate}}) == Condition::not_modified);
  cr_assert(ask({{"If-Modified-Since", kLater}}) == Condition::not_modified);
  cr_assert(ask({{"If-Modified-Since", kEarlier}}) == Condition::proceed);
  cr_assert(ask({{"If-Modified-Since", "yesterday"}}) == Condition::proceed);
  cr_assert(ask({{"If-Modified-Since", kLater}}, "", http::Method::get, DateMatch::exact) ==
            Condition::proceed);
  cr_assert(ask({{"If-Modified-Since", kDate}}, "", http::Method::get, DateMatch::exact) ==
            Condition::not_modified);
  cr_assert(ask({{"If-Modified-Since", kDate}}, "", http::Method::get, DateMatch::off) == Condition::proceed);
  cr_assert(ask({{"If-Modified-Since", kDate}}, "", http::Method::post) == Condition::proceed);
  cr_assert(ask({{"If-Unmodified-Since", kEarlier}}) == Condition::precondition_failed);
  cr_assert(ask({{"If-Unmodified-Since", kDate}}) == Condition::proceed);
}

Test(conditionals, entity_tags_stand_above_dates) {  // RFC 9110 §13.2.2
  cr_assert(ask({{"If-None-Match", "\"b\""}, {"If-Modified-Since", kLater}}) == Condition::proceed);
  cr_assert(ask({{"If-Match", "\"a\""}, {"If-Unmodified-Since", kEarlier}}) == Condition::proceed);
  cr_assert(ask({{"If-Match", "\"b\""}, {"If-None-Match", "\"a\""}}) == Condition::precondition_failed);
}

Test(conditionals, if_range_needs_a_strong_validator) {  // RFC 9110 §13.1.5
  cr_assert(ranges({{"Range", "bytes=0-1"}}));
  cr_assert(!ranges({}));
  cr_assert(ranges({{"Range", "bytes=0-1"}, {"If-Range", "\"a\""}}));
  cr_assert(!ranges({{"Range", "bytes=0-1"}, {"If-Range", "W/\"a\""}}, "W/\"a\""));
  cr_assert(!ranges({{"Range", "bytes=0-1"}, {"If-Range", "\"b\""}}));
  cr_assert(ranges({{"Range", "bytes=0-1"}, {"If-Range", kDate}}));
  cr_assert(!ranges({{"Range", "bytes=0-1"}, {"If-Range", kLater}}));
  cr_assert(!ranges({{"Range", "bytes=0-1"}, {"If-Range", kDate}}, "", kModified));
}

Test(conditionals, etags_are_quoted) {
  cr_assert(http::is_etag("\"\"") && http::is_etag("W/\"x\""));
  cr_assert(!http::is_etag("x") && !http::is_etag("\"") && !http::is_etag("\"a b\"") &&
            !http::is_etag("w/\"x\""));
}
