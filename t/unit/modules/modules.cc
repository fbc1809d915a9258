// Modules with their directives, without the wire.

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "modules/access_control/access_control.h"
#include "modules/access_control/password.h"
#include "modules/geo/geo.h"
#include "modules/headers/headers.h"
#include "modules/map/map.h"
#include "modules/real_ip/real_ip.h"
#include "modules/referers/referers.h"
#include "modules/split_clients/split_clients.h"
#include "t/unit/exchange/rig.h"

using exchange::Verdict;

namespace {
std::string error_of(std::string_view text, const exchange::Module& module) {
  rig::Rig rig(text, {&module});
  return rig.bind();
}
std::string client_of(std::string_view text, std::string_view field, std::string_view value) {
  rig::Rig rig(text, {&real_ip::kModule});
  rig.stream.request().fields.add(field, value);
  cr_assert(rig.request(real_ip::kModule) == Verdict::next);
  return rig.evaluate("$remote_addr $realip_remote_addr");
}
std::string invalid(std::string_view referers, std::optional<std::string_view> value) {
  rig::Rig rig(referers, {&referers::kModule}, conf::kLocation);
  if (value) rig.stream.request().fields.add("Referer", *value);
  return rig.evaluate("[$invalid_referer]");
}
}  // namespace

Test(map, searches_in_nginx_order) {
  constexpr std::string_view kMap =
      "map $http_x $y { hostnames; default d; a.b.example exact; *.b.example front; .example.org both; www.* "
      "behind; ~^/(?<n>\\d+) r$n; "
      "\\default literal; }";
  auto look_up = [&](std::string_view value) {
    rig::Rig rig(kMap, {&map::kModule});
    rig.stream.request().fields.add("X", value);
    return rig.evaluate("$y");
  };
  rig::same(look_up("A.B.Example."), "exact");
  rig::same(look_up("x.y.b.example"), "front");
  rig::same(look_up("b.example"), "d");
  rig::same(look_up("example.org"), "both");
  rig::same(look_up("z.example.org"), "both");
  rig::same(look_up("www.anything.net"), "behind");
  rig::same(look_up("/42"), "r42");
  rig::same(look_up("default"), "literal");
  rig::same(look_up("else"), "d");
}

Test(map, no_default_is_empty) {
  rig::Rig rig("map $uri $y { /a 1; }", {&map::kModule});
  rig::same(rig.evaluate("[$y]"), "[]");
}

Test(map, naming_itself_ends) {
  rig::Rig rig("map $y $y { default $y; }", {&map::kModule});
  rig::same(rig.evaluate("[$y]"), "[]");
  cr_assert(rig.log_.has("cycle while evaluating variable \"y\""));
}

Test(map, mistakes_are_told) {
  rig::same(error_of("map $uri $y { a 1; A 2; }", map::kModule), "\"map\": conflicting parameter \"a\"");
  rig::same(error_of("map $uri $y { default 1; default 2; }", map::kModule),
            "\"map\": duplicate default map parameter");
  rig::same(error_of("map $uri $host { a 1; }", map::kModule), "\"map\": the duplicate \"host\" variable");
}

Test(geo, smallest_network_wins) {
  rig::Rig rig(
      "geo $g { default d; 192.0.0.0/8 wide; 192.0.2.0/24 narrow; 192.0.2.7 one; 2001:db8::/32 six; }",
      {&geo::kModule});
  rig::same(rig.evaluate("$g"), "one");
}

Test(geo, other_addresses) {
  constexpr std::string_view kGeo =
      "geo $http_a $g { default d; 10.0.0.0/8 ten; 10.1.0.0/16 one; 10.1.2.0/24 two; delete 10.1.2.0/24; "
      "2001:db8::/32 six; 0.0.0.0/1 half; "
      "255.255.255.255 last; }";
  auto look_up = [&](std::string_view value) {
    rig::Rig rig(kGeo, {&geo::kModule});
    rig.stream.request().fields.add("A", value);
    return rig.evaluate("$g");
  };
  rig::same(look_up("10.1.2.3"), "one");
  rig::same(look_up("10.0.255.255"), "ten");
  rig::same(look_up("10.2.0.0"), "ten");
  rig::same(look_up("11.0.0.0"), "half");
  rig::same(look_up("128.0.0.0"), "d");
  rig::same(look_up("255.255.255.255"), "last");
  rig::same(look_up("2001:db8:1::1"), "six");
  rig::same(look_up("2001:db9::"), "d");
  rig::same(look_up("::ffff:10.1.0.1"), "one");
  rig::same(look_up("nonsense"), "d");
}

Test(geo, later_range_wins) {
  rig::Rig rig("geo $g { ranges; 192.0.2.0-192.0.2.255 all; 192.0.2.5-192.0.2.9 part; }", {&geo::kModule});
  rig::same(rig.evaluate("$g"), "part");
}

Test(geo, address_behind_a_proxy) {
  rig::Rig rig("geo $g { default d; proxy 192.0.2.0/24; 203.0.113.0/24 far; }", {&geo::kModule});
  rig.stream.request().fields.add("X-Forwarded-For", "10.0.0.1, 203.0.113.9");
  rig::same(rig.evaluate("$g"), "far");
}

Test(split_clients, hash_is_nginx_s) {
  // Computed with another implementation.
  cr_assert_eq(split_clients::murmur2(""), 0u);
  cr_assert_eq(split_clients::murmur2("a"), 2456313694u);
  cr_assert_eq(split_clients::murmur2("abc"), 324500635u);
  cr_assert_eq(split_clients::murmur2("hello world"), 1151865881u);
}

Test(split_clients, parts_have_their_size) {
  int first = 0;
  for (int i = 0; i < 2000; ++i) {
    rig::Rig rig("split_clients $http_id $g { 10.5% one; 20% two; * rest; }", {&split_clients::kModule});
    std::string id = fmt::format("client-{}", i);
    rig.stream.request().fields.add("Id", id);
    first += rig.evaluate("$g") == "one";
  }
  cr_assert(first > 150 && first < 270, "%d", first);
}

Test(split_clients, more_than_all_is_an_error) {
  rig::same(error_of("split_clients $uri $g { 60% a; 50% b; }", split_clients::kModule),
            "\"split_clients\": percent total is greater than 100%");
}

Test(real_ip, last_address_of_a_trusted_proxy) {
  rig::same(client_of("set_real_ip_from 192.0.2.0/24; real_ip_header X-Forwarded-For;", "X-Forwarded-For",
                      "10.0.0.1, 203.0.113.9"),
            "203.0.113.9 192.0.2.7");
}

Test(real_ip, recursive_skips_trusted_ones) {
  rig::same(client_of("set_real_ip_from 192.0.2.0/24; set_real_ip_from 203.0.113.0/24; real_ip_header "
                      "X-Forwarded-For; real_ip_recursive on;",
                      "X-Forwarded-For", "10.0.0.1, 10.9.9.9, 203.0.113.9"),
            "10.9.9.9 192.0.2.7");
}

Test(real_ip, untrusted_peer_is_not_believed) {
  rig::same(client_of("set_real_ip_from 10.0.0.0/8;", "X-Real-IP", "1.2.3.4"), "192.0.2.7 192.0.2.7");
}

Test(real_ip, nonsense_changes_nothing) {
  rig::same(client_of("set_real_ip_from 192.0.2.7;", "X-Real-IP", "localhost"), "192.0.2.7 192.0.2.7");
}

Test(real_ip, ports_and_brackets) {
  rig::same(client_of("set_real_ip_from 192.0.2.7;", "X-Real-IP", "[2001:db8::1]:443"),
            "2001:db8::1 192.0.2.7");
  rig::same(client_of("set_real_ip_from 192.0.2.7;", "X-Real-IP", "1.2.3.4:99"), "1.2.3.4 192.0.2.7");
}

Test(access, first_rule_that_fits_decides) {
  rig::Rig denied("deny 192.0.2.7; allow all;", {&access_control::kModule});
  cr_assert(denied.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(denied.status(), 403);
  cr_assert(denied.log_.has("access forbidden by rule"));
  rig::Rig allowed("allow 192.0.2.0/24; deny all;", {&access_control::kModule});
  cr_assert(allowed.request(access_control::kModule) == Verdict::next);
}

namespace {
class UserFile {
 public:
  UserFile() { std::ofstream(path_) << "# comment\njoe:{PLAIN}secret:more\nann:$apr1$salt$wrong\n"; }
  ~UserFile() { unlink(path_.c_str()); }
  std::string directives(std::string_view more = "") const {
    return fmt::format("auth_basic \"the \\\"realm\"; auth_basic_user_file {}; {}", path_, more);
  }

 private:
  std::string path_ = fmt::format("/tmp/pc-users-{}", getpid());
};
constexpr std::string_view kJoe = "Basic am9lOnNlY3JldA==";
}  // namespace

Test(access, right_password_names_the_user) {
  UserFile file;
  rig::Rig rig(file.directives(), {&access_control::kModule});
  rig.stream.request().fields.add("Authorization", kJoe);
  cr_assert(rig.request(access_control::kModule) == Verdict::next);
  rig::same(rig.exchange().user, "joe");
}

Test(access, without_a_password_a_challenge) {
  UserFile file;
  rig::Rig rig(file.directives(), {&access_control::kModule});
  cr_assert(rig.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(rig.status(), 401);
  rig::same(rig.header("WWW-Authenticate"), "Basic realm=\"the \\\"realm\"");
}

Test(access, wrong_password_is_logged) {
  UserFile file;
  rig::Rig rig(file.directives(), {&access_control::kModule});
  rig.stream.request().fields.add("Authorization", "Basic am9lOndyb25n");
  cr_assert(rig.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(rig.status(), 401);
  cr_assert(rig.log_.has("user \"joe\": password mismatch"));
}

Test(access, satisfy_any_takes_either) {
  UserFile file;
  rig::Rig address(file.directives("satisfy any; allow 192.0.2.7; deny all;"), {&access_control::kModule});
  cr_assert(address.request(access_control::kModule) == Verdict::next);
  rig::Rig password(file.directives("satisfy any; deny all;"), {&access_control::kModule});
  password.stream.request().fields.add("Authorization", kJoe);
  cr_assert(password.request(access_control::kModule) == Verdict::next);
  rig::Rig neither(file.directives("satisfy any; deny all;"), {&access_control::kModule});
  cr_assert(neither.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(neither.status(), 401);
}

Test(access, missing_file_is_403) {
  rig::Rig rig("auth_basic x; auth_basic_user_file /nowhere/users;", {&access_control::kModule});
  rig.stream.request().fields.add("Authorization", kJoe);
  cr_assert(rig.request(access_control::kModule) == Verdict::reply);
  cr_assert_eq(rig.status(), 403);
}

Test(access, refusal_waits_auth_delay) {
  UserFile file;
  rig::Rig rig(file.directives("auth_delay 50ms;"), {&access_control::kModule});
  base::MonoTime before = rig.worker.loop().now();
  cr_assert(rig.request(access_control::kModule) == Verdict::reply);
  cr_assert_geq(rig.worker.loop().now() - before, 45);
}

Test(password, every_form) {
  using access_control::password_matches;
  // openssl passwd -apr1 -salt abcdefgh secret; openssl passwd -6 -salt salt secret; and base64 of SHA-1.
  cr_assert(password_matches("secret", "{PLAIN}secret"));
  cr_assert_not(password_matches("Secret", "{PLAIN}secret"));
  cr_assert(password_matches("secret", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="));
  cr_assert_not(password_matches("x", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="));
  cr_assert(password_matches("secret", "{SSHA}UgCJjM+VJJYduihDuk0aPpDtY9RzYWx0eQ=="));
  cr_assert(password_matches("secret", "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"));
  cr_assert(
      password_matches("a long password of more than sixteen letters", "$apr1$xy$zxqx.V0Pv4snG8YTEpuy6/"));
  cr_assert_not(password_matches("Secret", "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"));
  cr_assert(password_matches(
      "secret",
      "$6$salt$egUxKNxDs8kPfh8iPMNcosMhb2eWah6d3R44JDm5Rj/j/XWR5E33QPd0YmHXoDHOIDR6kL5D3JcQcz0O8FHE00"));
  cr_assert_not(password_matches(
      "other",
      "$6$salt$egUxKNxDs8kPfh8iPMNcosMhb2eWah6d3R44JDm5Rj/j/XWR5E33QPd0YmHXoDHOIDR6kL5D3JcQcz0O8FHE00"));
  cr_assert_not(password_matches("secret", "*"));
  cr_assert_not(password_matches("", ""));
}

Test(headers, added_to_usual_statuses_or_always) {
  rig::Rig rig("add_header X-A $uri; add_header X-B b always; add_header X-C \"\";", {&headers::kModule});
  rig.exchange().reply.head.status = 200;
  rig.respond(headers::kModule);
  rig::same(rig.header("X-A") + rig.header("X-B"), "/b");
  cr_assert_not(rig.exchange().reply.head.fields.find("X-C") != nullptr);
  rig::Rig failed("add_header X-A $uri; add_header X-B b always;", {&headers::kModule});
  failed.exchange().reply.head.status = 404;
  failed.respond(headers::kModule);
  rig::same(failed.header("X-A") + failed.header("X-B"), "b");
}

Test(headers, a_line_end_begins_no_field) {
  rig::Rig rig("add_header X-A $uri;", {&headers::kModule});
  rig.stream.request().path = "/\r\nSet-Cookie: a=b";
  rig.exchange().reply.head.status = 200;
  rig.respond(headers::kModule);
  cr_assert_eq(rig.exchange().reply.head.fields.size(), 0u);
  cr_assert(rig.log_.has("cannot stand in a field"));
}

namespace {
std::string expires_of(std::string_view directive, std::string_view modified = "") {
  rig::Rig rig(directive, {&headers::kModule});
  rig.worker.clock().set_wall(1'000'000'000'000);  // Sun, 09 Sep 2001 01:46:40 GMT
  rig.exchange().reply.head.status = 200;
  if (!modified.empty()) rig.exchange().reply.head.fields.add("Last-Modified", modified);
  rig.respond(headers::kModule);
  return rig.header("Expires") + "|" + rig.header("Cache-Control");
}
}  // namespace

Test(headers, expires_forms) {
  rig::same(expires_of("expires 1h;"), "Sun, 09 Sep 2001 02:46:40 GMT|max-age=3600");
  rig::same(expires_of("expires -1;"), "Sun, 09 Sep 2001 01:46:39 GMT|no-cache");
  rig::same(expires_of("expires 0;"), "Sun, 09 Sep 2001 01:46:40 GMT|max-age=0");
  rig::same(expires_of("expires epoch;"), "Thu, 01 Jan 1970 00:00:01 GMT|no-cache");
  rig::same(expires_of("expires max;"), "Thu, 31 Dec 2037 23:55:55 GMT|max-age=315360000");
  rig::same(expires_of("expires off;"), "|");
  rig::same(expires_of("expires modified +1h;", "Sun, 09 Sep 2001 01:00:00 GMT"),
            "Sun, 09 Sep 2001 02:00:00 GMT|max-age=800");
  rig::same(expires_of("expires $scheme;"), "|");
}

Test(headers, trailers_make_the_body_streamed) {
  rig::Rig rig("add_trailer X-T $request_method;", {&headers::kModule});
  exchange::Exchange& exchange = rig.exchange();
  exchange.answer(200, "text/plain", "text");
  rig.respond(headers::kModule);
  cr_assert(exchange.reply.head.framing == http::Framing::streamed);
  rig::same(rig.read(*exchange.reply.body), "text");
  rig::same(exchange.reply.body->trailers()->get("X-T"), "GET");
  rig::same(rig.evaluate("$sent_trailer_x_t"), "GET");
}

Test(referers, names_and_paths) {
  constexpr std::string_view kOurs =
      "valid_referers server_names *.example.com www.example.* example.org/ok/ ~\\.google\\.;";
  rig::same(invalid(kOurs, "http://first.example/x"), "[]");
  rig::same(invalid(kOurs, "https://a.B.example.com:8080/"), "[]");
  rig::same(invalid(kOurs, "https://example.com/"), "[1]");
  rig::same(invalid(kOurs, "http://www.example.net"), "[]");
  rig::same(invalid(kOurs, "http://example.org/ok/page"), "[]");
  rig::same(invalid(kOurs, "http://example.org/no"), "[1]");
  rig::same(invalid(kOurs, "http://www.google.de/"), "[]");
  rig::same(invalid(kOurs, std::nullopt), "[1]");
  rig::same(invalid(kOurs, "hidden"), "[1]");
}

Test(referers, none_and_blocked) {
  rig::same(invalid("valid_referers none blocked;", std::nullopt), "[]");
  rig::same(invalid("valid_referers none blocked;", "hidden"), "[]");
  rig::same(invalid("valid_referers none blocked;", "http://x/"), "[1]");
  rig::same(invalid("", "http://x/"), "[]");
}
