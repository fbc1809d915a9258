#include "modules/geo/geo.h"

#include "t/unit/exchange/rig.h"

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
