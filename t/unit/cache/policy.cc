#include "cache/policy.h"

#include <criterion/criterion.h>

#include "cache/stored_head.h"
#include "cache/variant.h"

using cache::Basis;
using cache::Use;

namespace {

constexpr int64_t kNow = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr const char* kNowText = "Sun, 06 Nov 1994 08:49:37 GMT";

struct Fixture {
  base::Arena arena;
  http::Request request{arena};
  http::Response response{arena};
  cache::StoreRules rules;
  cache::FetchTimes times{kNow * 1000, kNow * 1000};

  Fixture() {
    request.method = http::Method::get;
    response.status = 200;
    response.fields.add("Date", kNowText);
  }
  Fixture& field(std::string_view name, std::string_view value) {
    response.fields.add(name, value);
    return *this;
  }
  Fixture& asks(std::string_view name, std::string_view value) {
    request.fields.add(name, value);
    return *this;
  }
  cache::StoreDecision decide() { return cache::decide_store(request, response, rules, times); }
};

Use use(std::string_view request, uint32_t age, uint32_t lifetime, uint8_t flags = 0) {
  cache::Freshness freshness;
  freshness.received = kNow;
  freshness.initial_age = age;
  freshness.lifetime = lifetime;
  http::CacheControl control = http::parse_cache_control(request);
  return cache::decide_use(control, freshness, flags, kNow);
}

}  // namespace

// RFC 9111 §3
Test(storing, explicit_freshness_is_stored) {
  cr_assert(Fixture().field("Cache-Control", "max-age=60").decide().store);
  cr_assert(Fixture().field("Expires", "Sun, 06 Nov 1994 08:50:37 GMT").decide().store);
}
Test(storing, no_freshness_and_no_validator_is_not_stored) { cr_assert_not(Fixture().decide().store); }
Test(storing, unknown_status_with_explicit_freshness_is_stored) {
  Fixture f;
  f.response.status = 299;
  cr_assert(f.field("Cache-Control", "max-age=60").decide().store);
}
Test(storing, partial_responses_are_not_stored) {
  for (int status : {206, 304, 416}) {
    Fixture f;
    f.response.status = status;
    cr_assert_not(f.field("Cache-Control", "max-age=60").decide().store);
  }
}
Test(storing, a_part_is_stored_only_where_it_is_what_was_asked_for) {
  Fixture f;
  f.response.status = 206;
  f.field("Content-Range", "bytes 0-9/20").field("Cache-Control", "max-age=60");
  cr_assert_not(f.decide().store);
  f.rules.is_part = true;
  cr_assert(f.decide().store);
  f.response.status = 200;
  cr_assert_not(f.decide().store, "a Content-Range without a 206 is nothing we understand");
}
Test(storing, no_store_of_response_or_request_forbids) {
  cr_assert_not(Fixture().field("Cache-Control", "max-age=60, no-store").decide().store);
  cr_assert_not(
      Fixture().field("Cache-Control", "max-age=60").asks("Cache-Control", "no-store").decide().store);
}
Test(storing, private_forbids_but_its_field_form_only_drops_the_fields) {
  cr_assert_not(Fixture().field("Cache-Control", "private, max-age=60").decide().store);
  Fixture f;
  f.field("Cache-Control", "private=\"x-user\", max-age=60").field("X-User", "me").field("X-All", "y");
  cr_assert(f.decide().store);
  std::string stored =
      cache::write_stored_head(f.response.fields, http::parse_cache_control(f.response.fields));
  http::Fields fields(f.arena);
  cr_assert(cache::read_stored_head(stored, fields));
  cr_assert_null(fields.find("x-user"));
  cr_assert_not_null(fields.find("x-all"));
}
// §3.5
Test(storing, reply_to_authorization_needs_public_must_revalidate_or_s_maxage) {
  cr_assert_not(
      Fixture().field("Cache-Control", "max-age=60").asks("Authorization", "Basic eA==").decide().store);
  for (const char* allowed : {"max-age=60, public", "max-age=60, must-revalidate", "s-maxage=60"}) {
    cr_assert(Fixture().field("Cache-Control", allowed).asks("Authorization", "Basic eA==").decide().store);
  }
}
// §5.2.2.3
Test(storing, must_understand_overrides_no_store_for_known_status_only) {
  Fixture known, unknown;
  cr_assert(known.field("Cache-Control", "must-understand, no-store, max-age=60").decide().store);
  unknown.response.status = 299;
  cr_assert_not(unknown.field("Cache-Control", "must-understand, max-age=60").decide().store);
}
Test(storing, vary_any_is_not_stored) {
  cr_assert_not(Fixture().field("Cache-Control", "max-age=60").field("Vary", "accept, *").decide().store);
}
Test(storing, set_cookie_is_not_stored_unless_ignored) {
  Fixture f;
  f.field("Cache-Control", "max-age=60").field("Set-Cookie", "a=b");
  cr_assert_not(f.decide().store);
  f.rules.ignored.set_cookie = true;
  cr_assert(f.decide().store);
}
Test(storing, stale_on_arrival_is_not_stored) {
  cr_assert_not(Fixture().field("Cache-Control", "max-age=60").field("Age", "60").decide().store);
  cr_assert_not(Fixture().field("Cache-Control", "max-age=0").decide().store);
}
Test(storing, ignored_fields_leave_the_decision_to_proxy_cache_valid) {
  Fixture f;
  f.rules.valid = {{200, 30}};
  f.rules.ignored.cache_control = f.rules.ignored.expires = true;
  cache::StoreDecision decision = f.field("Cache-Control", "no-store").field("Expires", "0").decide();
  cr_assert(decision.store);
  cr_assert(decision.freshness.basis == Basis::valid_rule);
}

// RFC 9111 §4.2.1
Test(freshness, s_maxage_wins_over_max_age_and_max_age_over_expires) {
  Fixture f;
  f.field("Expires", "Sun, 06 Nov 1994 09:49:37 GMT").field("Cache-Control", "max-age=60");
  cr_assert_eq(f.decide().freshness.lifetime, 60);
  Fixture g;
  g.field("Cache-Control", "max-age=60, s-maxage=30");
  cr_assert_eq(g.decide().freshness.lifetime, 30);
}
Test(freshness, expires_counts_from_date_not_from_now) {
  Fixture f;
  f.response.fields.set("Date", "Sun, 06 Nov 1994 08:48:37 GMT");
  cache::Freshness freshness = f.field("Expires", "Sun, 06 Nov 1994 08:50:37 GMT").decide().freshness;
  cr_assert_eq(freshness.lifetime, 120);
  cr_assert_eq(freshness.initial_age, 60);
}
Test(freshness, invalid_expires_is_expired) {
  cr_assert_not(Fixture().field("Expires", "0").decide().store);
  cr_assert_not(Fixture().field("Expires", "tomorrow").decide().store);
}
Test(freshness, headers_win_over_proxy_cache_valid) {
  Fixture f;
  f.rules.valid = {{200, 600}};
  cr_assert_eq(f.field("Cache-Control", "max-age=60").decide().freshness.lifetime, 60);
}
Test(freshness, valid_rule_of_the_status_wins_over_any) {
  Fixture f;
  f.rules.valid = {{0, 60}, {200, 600}};
  cr_assert_eq(f.decide().freshness.lifetime, 600);
  f.response.status = 503;
  cr_assert_eq(f.decide().freshness.lifetime, 60);
}
Test(freshness, a_valid_rule_counts_from_receipt_whatever_the_age) {
  Fixture f;
  f.rules.valid = {{200, 60}};
  cache::Freshness freshness = f.field("Age", "100").decide().freshness;
  cr_assert_eq(freshness.time_left(kNow), 60);
  cr_assert_eq(freshness.age(kNow), 100);
}
Test(freshness, x_accel_expires_wins_over_everything) {
  cr_assert_eq(Fixture()
                   .field("X-Accel-Expires", "5")
                   .field("Cache-Control", "max-age=60")
                   .decide()
                   .freshness.lifetime,
               5);
  cr_assert_eq(Fixture().field("X-Accel-Expires", "@784111787").decide().freshness.lifetime, 10);
  cr_assert_not(Fixture().field("X-Accel-Expires", "0").field("Cache-Control", "max-age=60").decide().store);
}
// §4.2.2
Test(freshness, heuristic_is_a_tenth_since_last_modified_with_a_cap) {
  Fixture f;
  cache::Freshness freshness = f.field("Last-Modified", "Sun, 06 Nov 1994 08:32:57 GMT").decide().freshness;
  cr_assert(freshness.basis == Basis::heuristic);
  cr_assert_eq(freshness.lifetime, 100);
  cr_assert_eq(Fixture().field("Last-Modified", "Sun, 06 Nov 1983 08:49:37 GMT").decide().freshness.lifetime,
               86400);
}
Test(freshness, heuristic_only_for_status_codes_that_allow_it) {
  Fixture f;
  f.response.status = 302;
  cr_assert_not(f.field("Last-Modified", "Sun, 06 Nov 1983 08:49:37 GMT").decide().store);
  cr_assert(f.field("Cache-Control", "public").decide().store);
}
// §4.2.3
Test(age, is_the_larger_of_apparent_age_and_age_with_delay) {
  Fixture f;
  f.times = {kNow * 1000 - 4000, kNow * 1000};
  f.field("Cache-Control", "max-age=600").field("Age", "10");
  cr_assert_eq(f.decide().freshness.initial_age, 14);
  f.response.fields.set("Date", "Sun, 06 Nov 1994 08:48:37 GMT");
  cr_assert_eq(f.decide().freshness.initial_age, 60);
  cr_assert_eq(f.decide().freshness.age(kNow + 5), 65);
}
Test(age, of_a_list_the_first_counts_and_nonsense_is_none) {
  cr_assert_eq(cache::parse_age("7, 9"), 7);
  cr_assert_eq(cache::parse_age("-7"), 0);
  cr_assert_eq(cache::parse_age("99999999999999"), http::kMaxDeltaSeconds);
}
Test(age, a_clock_set_back_makes_nothing_younger) {
  Fixture f;
  cache::Freshness freshness = f.field("Cache-Control", "max-age=60").field("Age", "5").decide().freshness;
  cr_assert_eq(freshness.age(kNow - 1000), 5);
}

// §5.2.1
Test(using_stored, fresh_until_the_lifetime_is_reached) {
  cr_assert(use("", 59, 60) == Use::fresh);
  cr_assert(use("", 60, 60) == Use::expired);
}
Test(using_stored, no_cache_of_the_request_disallows) {
  cr_assert(use("no-cache", 0, 60) == Use::disallowed);
}
Test(using_stored, max_age_of_the_request_limits_age) {
  cr_assert(use("max-age=10", 10, 60) == Use::fresh);
  cr_assert(use("max-age=10", 11, 60) == Use::disallowed);
  cr_assert(use("max-age=10, max-stale=5", 15, 60) == Use::stale);
}
Test(using_stored, min_fresh_wants_time_left) {
  cr_assert(use("min-fresh=10", 50, 60) == Use::fresh);
  cr_assert(use("min-fresh=10", 51, 60) == Use::disallowed);
}
Test(using_stored, max_stale_allows_stale_unless_must_revalidate) {
  cr_assert(use("max-stale=10", 70, 60) == Use::stale);
  cr_assert(use("max-stale=10", 71, 60) == Use::expired);
  cr_assert(use("max-stale", 999, 60) == Use::stale);
  cr_assert(use("max-stale", 61, 60, cache::kMustRevalidate) == Use::expired);
}
Test(using_stored, pragma_counts_only_without_cache_control) {
  base::Arena arena;
  http::Fields fields(arena);
  fields.add("Pragma", "no-cache");
  cr_assert(cache::request_control(fields).no_cache);
  fields.add("Cache-Control", "max-stale");
  cr_assert_not(cache::request_control(fields).no_cache);
}

// §3.1
Test(stored_head, hop_by_hop_and_nominated_fields_are_not_stored) {
  base::Arena arena;
  http::Fields fields(arena);
  fields.add("Connection", "x-hop, close");
  fields.add("X-Hop", "1");
  fields.add("Keep-Alive", "timeout=5");
  fields.add("Proxy-Authenticate", "Basic");
  fields.add("Proxy-Authentication-Info", "x");
  fields.add("Transfer-Encoding", "chunked");
  fields.add("Content-Length", "5");
  fields.add("Age", "5");
  fields.add("etag", "\"x\"");
  fields.add("X-Own", "");
  std::string stored = cache::write_stored_head(fields, {});
  http::Fields out(arena);
  cr_assert(cache::read_stored_head(stored, out));
  cr_assert_eq(out.size(), 2);
  cr_assert(out.begin()[0].name == "etag" && out.begin()[0].id == http::Name::etag &&
            out.begin()[0].value == "\"x\"");
  cr_assert(out.begin()[1].name == "X-Own" && out.begin()[1].value.empty());
}
Test(stored_head, cut_bytes_are_refused_not_read) {
  base::Arena arena;
  http::Fields fields(arena);
  fields.add("ETag", "\"abc\"");
  fields.add("X-Other", "value");
  std::string stored = cache::write_stored_head(fields, {});
  for (size_t size = 1; size < stored.size(); ++size) {
    http::Fields out(arena);
    cache::read_stored_head(std::string_view(stored).substr(0, size), out);
    cr_assert_leq(out.size(), 1);
  }
}

// §4.1
Test(variant, values_match_whatever_the_white_space) {
  base::Arena arena;
  http::Fields a(arena), b(arena), c(arena);
  a.add("Accept-Language", "de, en");
  b.add("accept-language", " de ,en");
  c.add("Accept-Language", "en, de");
  base::Digest key{1, 2};
  cr_assert(cache::variant_digest(key, 1, "accept-language", a) ==
            cache::variant_digest(key, 1, "accept-language", b));
  cr_assert_not(cache::variant_digest(key, 1, "accept-language", a) ==
                cache::variant_digest(key, 1, "accept-language", c));
  cr_assert_not(cache::variant_digest(key, 1, "accept-language", a) ==
                cache::variant_digest(key, 2, "accept-language", a));
}
Test(variant, absent_and_empty_differ_and_names_are_sorted) {
  base::Arena arena;
  http::Fields none(arena), empty(arena), response(arena);
  empty.add("Accept", "");
  base::Digest key{1, 2};
  cr_assert_not(cache::variant_digest(key, 1, "accept", none) ==
                cache::variant_digest(key, 1, "accept", empty));
  response.add("Vary", "User-Agent, accept");
  response.add("Vary", "Accept");
  cr_assert(cache::vary_list(response) == "accept,user-agent");
}

// RFC 9111 §4.3: what can be validated is worth storing though it is stale, or no-cache.
Test(storing, what_can_be_validated_is_stored_for_that) {
  for (const char* control : {"max-age=0", "no-cache", "max-age=60, no-cache"}) {
    Fixture f;
    f.rules.revalidates = true;
    cr_assert_not(f.field("Cache-Control", control).decide().store);
    f.field("ETag", "\"a\"");
    cr_assert(f.decide().store);
    cr_assert((f.decide().flags & cache::kValidator) != 0);
  }
}
Test(storing, a_validator_alone_is_enough_where_the_status_allows_reuse) {
  Fixture f;
  f.rules.revalidates = true;
  cr_assert(f.field("ETag", "\"a\"").decide().store);
  f.response.status = 299;
  cr_assert_not(f.decide().store);
}

// RFC 9213 §2.2
Test(targeted, a_sound_field_takes_the_place_of_cache_control_and_expires) {
  Fixture f;
  f.field("Cache-Control", "no-store").field("CDN-Cache-Control", "max-age=60");
  cr_assert(f.decide().store);
  cr_assert_eq(f.decide().freshness.lifetime, 60u);
  Fixture without;
  without.field("Expires", "Sun, 06 Nov 1994 08:50:37 GMT").field("CDN-Cache-Control", "public");
  cr_assert_not(without.decide().store);
}
Test(targeted, a_field_that_does_not_parse_is_ignored) {
  cr_assert(Fixture()
                .field("Cache-Control", "max-age=60")
                .field("CDN-Cache-Control", "no-store, =")
                .decide()
                .store);
  cr_assert(Fixture().field("Cache-Control", "max-age=60").field("CDN-Cache-Control", "").decide().store);
}
Test(targeted, our_own_name_wins) {
  Fixture f;
  f.rules.targets = {"Here-Cache-Control", "CDN-Cache-Control"};
  f.field("CDN-Cache-Control", "max-age=60").field("Here-Cache-Control", "max-age=5");
  cr_assert_eq(f.decide().freshness.lifetime, 5u);
}

namespace {

cache::Freshness stale_for(uint32_t seconds) {
  cache::Freshness freshness;
  freshness.received = kNow;
  freshness.initial_age = 60 + seconds;
  freshness.lifetime = 60;
  return freshness;
}

}  // namespace

// RFC 5861 §3, §4; RFC 9111 §4.2.4
Test(stale, stale_while_revalidate_holds_for_its_time) {
  http::CacheControl none;
  cr_assert(cache::allows_while_revalidating(none, stale_for(10), 0, 10, false, kNow));
  cr_assert_not(cache::allows_while_revalidating(none, stale_for(11), 0, 10, false, kNow));
  cr_assert_not(cache::allows_while_revalidating(none, stale_for(0), 0, 0, false, kNow));
  cr_assert(cache::allows_while_revalidating(none, stale_for(11), 0, 0, true, kNow));
}
Test(stale, must_revalidate_and_no_cache_forbid_it_always) {
  http::CacheControl none;
  for (uint8_t flags : {cache::kMustRevalidate, cache::kNoCache}) {
    cr_assert_not(cache::allows_while_revalidating(none, stale_for(1), flags, 10, true, kNow));
    cr_assert_not(cache::allows_on_error(none, stale_for(1), flags, 10, true, kNow));
  }
}
// RFC 9111 §5.2.2.10
Test(stale, s_maxage_lets_only_what_the_response_names) {
  http::CacheControl none;
  cr_assert(cache::allows_on_error(none, stale_for(1), cache::kNamedStale, 10, false, kNow));
  cr_assert_not(cache::allows_on_error(none, stale_for(11), cache::kNamedStale, 10, true, kNow));
}
Test(stale, stale_if_error_of_response_or_request_holds_for_its_time) {
  http::CacheControl none;
  cr_assert(cache::allows_on_error(none, stale_for(10), 0, 10, false, kNow));
  cr_assert_not(cache::allows_on_error(none, stale_for(11), 0, 10, false, kNow));
  cr_assert(cache::allows_on_error(http::parse_cache_control("stale-if-error=20"), stale_for(11), 0, 0, false,
                                   kNow));
  cr_assert_not(
      cache::allows_on_error(http::parse_cache_control("no-cache"), stale_for(1), 0, 10, true, kNow));
}

// RFC 9111 §4.1
Test(variant, accept_encoding_is_compared_by_what_it_means) {
  base::Arena arena;
  auto place = [&](std::string_view value) {
    http::Fields request(arena);
    request.add("Accept-Encoding", value);
    return cache::variant_digest({}, 1, "accept-encoding", request);
  };
  cr_assert(place("gzip, br") == place("BR;q=1.0 , gzip"));
  cr_assert(place("x-gzip") == place("gzip"));
  cr_assert_not(place("gzip;q=0.5, br") == place("gzip, br"));
  cr_assert_not(place("gzip") == place(""));
}

// nginx: "X-Accel-Expires" takes the place of what Cache-Control says to all caches; what protects a client
// stays.
Test(storing, x_accel_expires_overrides_no_store_private_and_no_cache) {
  for (const char* control : {"no-store", "private", "no-cache", "max-age=0"}) {
    cache::StoreDecision decision =
        Fixture().field("X-Accel-Expires", "60").field("Cache-Control", control).decide();
    cr_assert(decision.store, "%s", control);
    cr_assert_eq(decision.freshness.lifetime, 60);
  }
  cr_assert_not(Fixture().field("X-Accel-Expires", "x").field("Cache-Control", "private").decide().store);
}
Test(storing, x_accel_expires_does_not_override_what_protects_a_client) {
  cr_assert_not(Fixture().field("X-Accel-Expires", "60").field("Set-Cookie", "a=b").decide().store);
  cr_assert_not(Fixture().field("X-Accel-Expires", "60").field("Vary", "*").decide().store);
}
Test(storing, x_accel_expires_does_not_override_authorization_or_the_request) {
  cr_assert_not(Fixture().field("X-Accel-Expires", "60").asks("Authorization", "Basic eDp5").decide().store);
  cr_assert_not(Fixture().field("X-Accel-Expires", "60").asks("Cache-Control", "no-store").decide().store);
}
// §5.4: in a response Pragma has no meaning.
Test(storing, pragma_in_a_response_means_nothing) {
  cr_assert(Fixture().field("Pragma", "no-cache").field("Cache-Control", "max-age=60").decide().store);
}
Test(using, pragma_in_a_request_counts_only_without_cache_control) {
  base::Arena arena;
  http::Fields fields(arena);
  fields.add("Pragma", "no-cache");
  cr_assert(cache::request_control(fields).no_cache);
  fields.add("Cache-Control", "max-age=60");
  cr_assert_not(cache::request_control(fields).no_cache);
}
