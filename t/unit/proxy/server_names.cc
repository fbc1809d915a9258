// Which server a host belongs to.
#include "proxy/server_names.h"

#include <criterion/criterion.h>

#include "proxy/router.h"

using proxy::ServerName;
using proxy::ServerNames;
using proxy::VirtualServer;

namespace {

void give_names(VirtualServer& server, std::initializer_list<const char*> names) {
  exchange::Variables variables;
  for (const char* name : names) {
    auto parsed = ServerName::parse(name, variables);
    cr_assert(parsed.has_value(), "%s", name);
    server.server_names.push_back(*parsed);
  }
}

}  // namespace

Test(server_names, exact_then_longest_wildcard_then_regex_then_default) {
  VirtualServer fallback, exact, front, longer, behind, regex;
  give_names(exact, {"www.example.com"});
  give_names(front, {"*.example.com"});
  give_names(longer, {"*.deep.example.com"});
  give_names(behind, {"www.example.*"});
  give_names(regex, {"~^shop\\d+\\."});
  ServerNames names;
  for (VirtualServer* server : {&fallback, &exact, &front, &longer, &behind, &regex}) names.add(*server);
  cr_assert_eq(&names.find("www.example.com", nullptr), &exact);
  cr_assert_eq(&names.find("a.example.com", nullptr), &front);
  cr_assert_eq(&names.find("a.b.example.com", nullptr), &front);
  cr_assert_eq(&names.find("a.deep.example.com", nullptr), &longer);
  cr_assert_eq(&names.find("www.example.org", nullptr), &behind);
  cr_assert_eq(&names.find("www.example.co.uk", nullptr), &behind);
  cr_assert_eq(&names.find("shop12.test", nullptr), &regex);
  cr_assert_eq(&names.find("example.com", nullptr), &fallback);
  cr_assert_eq(&names.find("", nullptr), &fallback);
}

Test(server_names, leading_dot_is_the_name_and_its_subdomains) {
  VirtualServer fallback, dotted;
  give_names(dotted, {".example.net"});
  ServerNames names;
  names.add(fallback);
  names.add(dotted);
  cr_assert_eq(&names.find("example.net", nullptr), &dotted);
  cr_assert_eq(&names.find("a.example.net", nullptr), &dotted);
  cr_assert_eq(&names.find("aexample.net", nullptr), &fallback);
}

Test(server_names, second_claim_of_a_name_is_told_and_ignored) {
  VirtualServer first, second;
  give_names(first, {"a.test"});
  give_names(second, {"A.test"});
  ServerNames names;
  names.add(first);
  names.add(second);
  cr_assert_eq(names.conflicts().size(), 1u);
  cr_assert_eq(&names.find("a.test", nullptr), &first);
}

Test(server_names, a_second_default_server_is_refused) {
  VirtualServer first, second;
  ServerNames names;
  names.add(first);
  names.add(second);
  cr_assert(names.set_default(second));
  cr_assert_not(names.set_default(first));
  cr_assert_eq(&names.default_server(), &second);
}

Test(server_names, misplaced_wildcards_are_refused) {
  exchange::Variables variables;
  for (const char* name : {"a*.example.com", "www.*.com", "*.", "~", "a/b"}) {
    cr_assert_not(ServerName::parse(name, variables).has_value(), "%s", name);
  }
}
