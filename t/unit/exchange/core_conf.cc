#include "exchange/core_conf.h"

#include "t/unit/exchange/rig.h"

using exchange::CoreConf;
using exchange::Expires;

namespace {
std::string error_of(std::string_view text, conf::Context context = conf::kLocation) {
  rig::Rig rig(text, {}, context);
  return rig.bind();
}
}  // namespace

Test(core_conf, defaults_are_nginx_s) {
  rig::Rig rig;
  const CoreConf& core = *rig.exchange().route->core;
  rig::same(core.root->literal(), "/tmp/html");
  cr_assert_eq(core.client_max_body_size, 1u << 20);
  cr_assert_eq(core.policy.max_body_size, 1u << 20);
  cr_assert_eq(core.policy.keepalive_timeout.count(), 75000);
  cr_assert_eq(core.policy.keepalive_requests, 1000u);
  cr_assert_eq(core.head.large_buffer_count, 4u);
  cr_assert_eq(core.head.large_buffer_size, 8192u);
  cr_assert_eq(core.index.size(), 1u);
  rig::same(core.types->at("html"), "text/html");
  rig::same(core.default_type, "text/plain");
  cr_assert_eq(core.resolver.timeout.count(), 30000);
}

Test(core_conf, types_add_up_within_a_scope) {
  rig::Rig rig("types { text/a a1 A2; } types { text/b b; }");
  const exchange::Types& types = *rig.exchange().route->core->types;
  cr_assert_eq(types.size(), 3u);
  rig::same(types.at("a2"), "text/a");
}

Test(core_conf, root_loses_its_last_slash_and_alias_does_not) {
  rig::Rig root("root /srv/www/;");
  rig::same(root.exchange().route->core->root->literal(), "/srv/www");
  rig::Rig alias("alias pictures/;", {}, conf::kLocation);
  rig::same(alias.exchange().route->core->alias->literal(), "/tmp/pictures/");
}

Test(core_conf, root_and_alias_exclude_each_other) {
  rig::same(error_of("root /a; alias /b;"),
            "\"alias\": the directive is duplicate, \"root\" was specified earlier");
}

Test(core_conf, error_page_forms) {
  rig::Rig rig("error_page 404 /a; error_page 500 502 =200 /b; error_page 503 = @c;");
  const auto& pages = rig.exchange().route->core->error_pages;
  cr_assert_eq(pages.size(), 3u);
  cr_assert_eq(pages[0].answer, 0);
  cr_assert_eq(pages[1].codes.size(), 2u);
  cr_assert_eq(pages[1].answer, 200);
  cr_assert_eq(pages[2].answer, -1);
  rig::same(pages[2].target.literal(), "@c");
}

Test(core_conf, error_page_mistakes) {
  rig::same(error_of("error_page 200 /a;"),
            "\"error_page\": value \"200\" must be between 300 and 599, and not 499");
  rig::same(error_of("error_page 499 /a;"),
            "\"error_page\": value \"499\" must be between 300 and 599, and not 499");
  rig::same(error_of("error_page =200 /a;"), "\"error_page\": no code is named");
  rig::same(error_of("error_page 404 =2x /a;"), "\"error_page\": invalid value \"=2x\"");
}

Test(core_conf, try_files_code_is_a_number) {
  rig::same(error_of("try_files a =no;"), "\"try_files\": invalid code \"=no\"");
}

Test(core_conf, expires_forms) {
  auto kind = [](std::string_view text) { return Expires::parse(text, false)->kind; };
  cr_assert(kind("off") == Expires::Kind::off);
  cr_assert(kind("epoch") == Expires::Kind::epoch);
  cr_assert(kind("max") == Expires::Kind::max);
  cr_assert(kind("@15h30m") == Expires::Kind::daily);
  cr_assert_eq(Expires::parse("@15h30m", false)->seconds, 15 * 3600 + 30 * 60);
  cr_assert_eq(Expires::parse("-1d", false)->seconds, -86400);
  cr_assert(Expires::parse("+1h", true)->kind == Expires::Kind::modified);
  cr_assert_not(Expires::parse("@1h", true).has_value());
  cr_assert_not(Expires::parse("@25h", false).has_value());
  cr_assert_not(Expires::parse("tomorrow", false).has_value());
}

Test(core_conf, open_file_cache_needs_max) {
  rig::same(error_of("open_file_cache inactive=5s;"),
            "\"open_file_cache\": \"open_file_cache\" must have the \"max\" parameter");
  rig::Rig rig("open_file_cache max=7 inactive=5s;");
  cr_assert_eq(rig.exchange().route->core->open_file_cache.max, 7u);
  cr_assert_eq(rig.exchange().route->core->open_file_cache.inactive.count(), 5000);
}

Test(core_conf, resolver_parameters) {
  rig::Rig rig("resolver 192.0.2.1 [2001:db8::1]:5353 valid=10s ipv6=off; resolver_timeout 5s;");
  const exchange::ResolverConf& resolver = rig.exchange().route->core->resolver;
  rig::same(resolver.servers.at(0), "192.0.2.1:53");
  rig::same(resolver.servers.at(1), "[2001:db8::1]:5353");
  cr_assert_eq(resolver.valid->count(), 10000);
  cr_assert_not(resolver.ipv6);
  cr_assert_eq(resolver.timeout.count(), 5000);
  rig::same(error_of("resolver 192.0.2.1 ipv4=off ipv6=off;"),
            "\"resolver\": \"ipv4\" and \"ipv6\" cannot both be \"off\"");
  rig::same(error_of("resolver dns.example;"),
            "\"resolver\": \"dns.example\" is not the address of a name server");
}

Test(core_conf, limit_rate_is_a_size_unless_a_variable) {
  rig::same(error_of("limit_rate $arg_rate;"), "");
  cr_assert(error_of("limit_rate fast;").starts_with("\"limit_rate\": "));
}

Test(core_conf, unknown_variable_is_told_at_its_word) {
  rig::Rig rig("root /srv/$nobody;");
  rig::same(rig.bind(), "unknown \"nobody\" variable");
}

Test(core_conf, temp_path_becomes_a_needed_folder) {
  rig::Rig rig("client_body_temp_path bodies 1 2;");
  cr_assert_eq(rig.builder.folders().size(), 1u);
  rig::same(rig.builder.folders()[0].path, "/tmp/bodies");
  cr_assert_eq(rig.exchange().route->core->client_body_temp_levels[1], 2);
}

Test(route, prefixes_of_nested_locations) {
  conf::Diagnostics diagnostics;
  std::vector<conf::Directive> parsed =
      conf::parse_text("location /a/ { alias /x/; location ~ \\.b$ { } location =/a/c { } }", diagnostics);
  const conf::Directive& outer = parsed.at(0);
  auto prefixes = [&](size_t inner) {
    const conf::Directive* chain[] = {&outer, &outer.block.at(inner)};
    exchange::Route route;
    exchange::set_prefixes(route, chain);
    return route.prefix + "|" + route.alias_prefix;
  };
  rig::same(prefixes(1), "|/a/");
  rig::same(prefixes(2), "/a/c|/a/");
}
