#include "modules/real_ip/real_ip.h"

#include "t/unit/exchange/rig.h"

using exchange::Verdict;

namespace {
std::string client_of(std::string_view text, std::string_view field, std::string_view value) {
  rig::Rig rig(text, {&real_ip::kModule});
  rig.stream.request().fields.add(field, value);
  cr_assert(rig.request(real_ip::kModule) == Verdict::next);
  return rig.evaluate("$remote_addr $realip_remote_addr");
}
}  // namespace

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
