#include "modules/map/map.h"

#include "t/unit/exchange/rig.h"

namespace {
std::string error_of(std::string_view text, const exchange::Module& module) {
  rig::Rig rig(text, {&module});
  return rig.bind();
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
