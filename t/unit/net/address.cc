#include "net/address.h"

#include <criterion/criterion.h>

using net::Address;
using net::Cidr;

Test(address, is_small_enough_to_keep_one_per_connection) { cr_assert_leq(sizeof(Address), 48u); }

Test(address, texts_are_those_of_nginx) {
  Address v4 = *Address::from_ip("192.0.2.7", 8080);
  cr_assert(v4.ip_text() == "192.0.2.7");
  cr_assert(v4.text() == "192.0.2.7:8080");
  Address v6 = *Address::from_ip("2001:db8::1", 443);
  cr_assert(v6.ip_text() == "2001:db8::1");
  cr_assert(v6.text() == "[2001:db8::1]:443");
  Address path = *Address::from_path("/run/app.sock");
  cr_assert(path.ip_text() == "unix:/run/app.sock");
  cr_assert(path.text() == "unix:/run/app.sock");
  sockaddr unnamed = {};
  unnamed.sa_family = AF_UNIX;
  cr_assert(Address(&unnamed, sizeof(sa_family_t)).ip_text() == "unix:");
}

Test(address, bytes_are_those_of_the_wire) {
  cr_assert(Address::from_ip("1.2.3.4", 5)->ip_bytes() == std::string_view("\x01\x02\x03\x04"));
  cr_assert_eq(Address::from_ip("::1", 5)->ip_bytes().size(), 16u);
}

Test(address, equality_and_hash_see_family_address_and_port) {
  Address one = *Address::from_ip("127.0.0.1", 80);
  cr_assert(one == *Address::from_ip("127.0.0.1", 80));
  cr_assert_eq(one.hash(), Address::from_ip("127.0.0.1", 80)->hash());
  cr_assert_not(one == one.with_port(81));
  cr_assert_not(one == *Address::from_ip("127.0.0.2", 80));
  cr_assert_not(one == *Address::from_ip("::1", 80));
  cr_assert_not(one == Address());
  cr_assert(*Address::from_path("/a") == *Address::from_path("/a"));
  cr_assert_not(*Address::from_path("/a") == *Address::from_path("/b"));
}

Test(address, what_is_not_an_ip_in_digits_is_refused) {
  for (std::string_view bad : {"", "localhost", "127.1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ",
                               "[::1]", ":::", "0x7f.0.0.1"}) {
    cr_assert_not(Address::from_ip(bad, 1).has_value(), "%s", bad.data());
  }
  cr_assert_not(Address::from_ip(std::string_view("1.2.3.4\0x", 9), 1).has_value());
}

Test(address, a_path_fits_or_is_refused) {
  cr_assert(Address::from_path(std::string(107, 'p')).has_value());
  cr_assert_eq(Address::from_path(std::string(107, 'p'))->path().size(), 107u);
  cr_assert_not(Address::from_path(std::string(108, 'p')).has_value());
  cr_assert_not(Address::from_path("").has_value());
}

Test(address, survives_the_form_of_the_system) {
  for (const char* text : {"10.1.2.3:99", "[2001:db8::2]:99", "unix:/tmp/x"}) {
    Address before = net::parse_listen(text, 1)->address;
    cr_assert(Address(before.raw(), before.length()) == before, "%s", text);
  }
}

namespace {
void assert_listen(const char* text, const char* address) {
  auto endpoint = net::parse_listen(text, 80);
  cr_assert(endpoint.has_value(), "%s", text);
  std::string got = endpoint->address.text();
  cr_assert(got == address, "%s", got.c_str());
}
}  // namespace

Test(endpoint, listen_takes_ports_and_addresses) {
  assert_listen("8080", "0.0.0.0:8080");
  assert_listen("*:81", "0.0.0.0:81");
  assert_listen("*", "0.0.0.0:80");
  assert_listen("127.0.0.1", "127.0.0.1:80");
  assert_listen("127.0.0.1:8000", "127.0.0.1:8000");
  assert_listen("[::]:443", "[::]:443");
  assert_listen("[::1]", "[::1]:80");
  assert_listen("unix:/var/run/p.sock", "unix:/var/run/p.sock");
  assert_listen("127.0.0.1:0", "127.0.0.1:0");
}

Test(endpoint, listen_takes_a_range_of_ports) {
  auto endpoint = net::parse_listen("127.0.0.1:8080-8090", 80);
  cr_assert_eq(endpoint->port, 8080);
  cr_assert_eq(endpoint->last_port, 8090);
  cr_assert_eq(net::parse_listen("8080-8081", 80)->last_port, 8081);
}

Test(endpoint, a_name_has_no_address_yet) {
  auto endpoint = net::parse_origin("backend.example:8080", 80);
  cr_assert(endpoint->host == "backend.example");
  cr_assert_eq(endpoint->port, 8080);
  cr_assert(endpoint->port_given);
  cr_assert_not(endpoint->address.known());
  cr_assert_not(net::parse_origin("backend", 80)->port_given);
  cr_assert_eq(net::parse_origin("backend", 80)->port, 80);
  cr_assert(net::parse_origin("[2001:db8::1]:8443", 80)->host == "2001:db8::1");
}

Test(endpoint, bad_ones_say_what_is_wrong) {
  struct Bad {
    const char* text;
    const char* message;
  };
  for (Bad bad : {Bad{"127.0.0.1:", "invalid port"}, Bad{"127.0.0.1:65536", "invalid port"},
                  Bad{"127.0.0.1:8x", "invalid port"}, Bad{":80", "no host"}, Bad{"", "no host"},
                  Bad{"::1", "invalid port"}, Bad{"[::1", "invalid host"}, Bad{"[::1]80", "invalid host"},
                  Bad{"[1.2.3.4]:80", "invalid IPv6"}, Bad{"[zz]:80", "invalid IPv6"},
                  Bad{"a/b:80", "invalid host"}, Bad{"a b", "invalid host"}, Bad{"unix:", "no path"},
                  Bad{"99999", "invalid port"}, Bad{"90-80", "invalid port"}}) {
    auto endpoint = net::parse_listen(bad.text, 80);
    cr_assert_not(endpoint.has_value(), "%s", bad.text);
    cr_assert(endpoint.error().message.find(bad.message) != std::string::npos, "%s: %s", bad.text,
              endpoint.error().message.c_str());
  }
  cr_assert_not(net::parse_origin("backend:0", 80).has_value());
  cr_assert_not(net::parse_origin("backend:80-90", 80).has_value());
}

namespace {
bool contains(const char* cidr, const char* ip) {
  return Cidr::parse(cidr)->contains(*Address::from_ip(ip, 1));
}
}  // namespace

Test(cidr, contains_what_shares_the_prefix) {
  cr_assert(contains("10.0.0.0/8", "10.255.1.2"));
  cr_assert_not(contains("10.0.0.0/8", "11.0.0.0"));
  cr_assert(contains("192.168.1.128/25", "192.168.1.200"));
  cr_assert_not(contains("192.168.1.128/25", "192.168.1.127"));
  cr_assert(contains("0.0.0.0/0", "8.8.8.8"));
  cr_assert_not(contains("0.0.0.0/0", "2001:db8::1"));
  cr_assert(contains("127.0.0.1", "127.0.0.1"));
  cr_assert_not(contains("127.0.0.1", "127.0.0.2"));
  cr_assert(contains("2001:db8::/32", "2001:db8:ffff::1"));
  cr_assert_not(contains("2001:db8::/33", "2001:db8:8000::1"));
}

Test(cidr, an_ipv4_address_mapped_into_ipv6_is_in_ipv4_sets) {
  cr_assert(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
  cr_assert_not(contains("10.0.0.0/8", "::ffff:11.1.1.1"));
  cr_assert_not(contains("10.0.0.0/8", "::a01:101"));
}

Test(cidr, unix_contains_every_unix_socket) {
  cr_assert(Cidr::parse("unix:")->contains(*Address::from_path("/x")));
  cr_assert_not(contains("unix:", "127.0.0.1"));
  cr_assert_not(Cidr::parse("0.0.0.0/0")->contains(*Address::from_path("/x")));
}

Test(cidr, bits_behind_the_prefix_are_ignored_and_noticed) {
  auto cidr = Cidr::parse("10.1.2.3/8");
  cr_assert(cidr->had_meaningless_bits());
  cr_assert(cidr->contains(*Address::from_ip("10.9.9.9", 0)));
  cr_assert_not(Cidr::parse("10.0.0.0/8")->had_meaningless_bits());
}

Test(cidr, bad_ones_are_refused) {
  for (const char* bad :
       {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "host/8", "10.0.0/8", "unix:/x"}) {
    cr_assert_not(Cidr::parse(bad).has_value(), "%s", bad);
  }
}
