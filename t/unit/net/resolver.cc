#include "net/resolver.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <sys/socket.h>

#include <deque>
#include <map>
#include <string>

#include "base/text.h"
#include "net/fd.h"
#include "net/socket.h"

namespace {

using net::Address;
using net::Fd;
using net::Resolver;

constexpr base::Duration kLimit{30000};
constexpr int kTypeA = 1, kTypeAaaa = 28, kTypeCname = 5;

/// A name server for tests, in the same loop: answers A and AAAA over UDP from a table (RFC 1035 §4).
class NameServer {
 public:
  struct Zone {
    std::vector<std::string> v4, v6;
    std::string alias;  // the canonical name
    uint32_t ttl = 300;
    uint32_t alias_ttl = 300;
    int rcode = 0;
    bool silent = false;
  };

  explicit NameServer(event::Loop& loop)
      : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), io_(loop, on_io, this) {
    Address any = *Address::from_ip("127.0.0.1", 0);
    cr_assert_eq(bind(fd_.get(), any.raw(), any.length()), 0);
    io_.open(fd_.get());
    io_.watch(EV_READ);
  }
  Address address() const { return net::local_address(fd_.get()); }
  Zone& operator[](const std::string& name) { return zones_[name]; }
  int asked(const std::string& name) const {
    auto found = asked_.find(name);
    return found == asked_.end() ? 0 : found->second;
  }
  int asked_in_all() const {
    int sum = 0;
    for (const auto& [name, count] : asked_) sum += count;
    return sum;
  }

 private:
  static void on_io(void* self, int) { static_cast<NameServer*>(self)->answer(); }

  static void put16(std::string& out, int value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
  }
  static void put32(std::string& out, uint32_t value) {
    put16(out, static_cast<int>(value >> 16));
    put16(out, static_cast<int>(value & 0xffff));
  }
  static std::string labels(const std::string& name) {
    std::string out;
    base::split(name, '.', [&](std::string_view label) {
      out += static_cast<char>(label.size());
      out += label;
    });
    out += '\0';
    return out;
  }
  static void put_record(std::string& out, const std::string& name, int type, uint32_t ttl,
                         std::string_view data) {
    out += labels(name);
    put16(out, type);
    put16(out, 1);
    put32(out, ttl);
    put16(out, static_cast<int>(data.size()));
    out += data;
  }

  void answer() {
    char query[512];
    sockaddr_storage from;
    socklen_t length = sizeof from;
    ssize_t size = recvfrom(fd_.get(), query, sizeof query, 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (size < 17) return;
    std::string name;
    size_t at = 12;
    while (query[at] != 0) {
      size_t label = static_cast<unsigned char>(query[at]);
      if (!name.empty()) name += '.';
      name += base::lower({query + at + 1, label});
      at += label + 1;
    }
    int type = static_cast<unsigned char>(query[at + 2]);
    size_t question_end = at + 5;
    ++asked_[name];
    auto found = zones_.find(name);
    Zone zone = found == zones_.end() ? Zone() : found->second;
    if (found == zones_.end()) zone.rcode = 3;
    if (zone.silent) return;

    std::string owner = name, records;
    int count = 0;
    if (!zone.alias.empty()) {
      put_record(records, name, kTypeCname, zone.alias_ttl, labels(zone.alias));
      owner = zone.alias;
      ++count;
    }
    for (const std::string& ip : type == kTypeA      ? zone.v4
                                 : type == kTypeAaaa ? zone.v6
                                                     : std::vector<std::string>()) {
      put_record(records, owner, type, zone.ttl, Address::from_ip(ip, 0)->ip_bytes());
      ++count;
    }
    std::string out(query, 2);
    put16(out, 0x8180 | zone.rcode);
    put16(out, 1);
    put16(out, count);
    put16(out, 0);
    put16(out, 0);
    out.append(query + 12, question_end - 12);
    out += records;
    sendto(fd_.get(), out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
  }

  Fd fd_;
  event::Io io_;
  std::map<std::string, Zone> zones_;
  std::map<std::string, int> asked_;
};

struct Outcome {
  std::string text() const {
    std::string result;
    if (!found) return "pending";
    if (!*found) return found->error().message;
    for (const Address& address : **found) result += address.text() + " ";
    if (!result.empty()) result.pop_back();
    return result;
  }
  int code() const { return found && !*found ? found->error().code : 0; }
  std::optional<Resolver::Found> found;
};

event::Task<void> resolve_into(Resolver& resolver, std::string name, base::Duration limit,
                               event::CancelScope* scope, Outcome& outcome) {
  Resolver::Found found = co_await resolver.resolve(name, 80, limit, scope);
  outcome.found.emplace(std::move(found));
}

struct Fixture {
  Fixture() : server(loop) { options.servers.push_back(server.address()); }
  Resolver& open() {
    resolver = std::move(*Resolver::open(loop, options));
    return *resolver;
  }
  void ask(const std::string& name, Outcome& outcome, event::CancelScope* scope = nullptr) {
    event::spawn(resolve_into(*resolver, name, kLimit, scope, outcome));
  }
  std::string resolve(const std::string& name) {
    Outcome outcome;
    ask(name, outcome);
    while (!outcome.found) loop.run_once(true);
    return outcome.text();
  }

  event::Loop loop;
  NameServer server;
  net::ResolverOptions options;
  std::unique_ptr<Resolver> resolver;
};

}  // namespace

Test(resolver, finds_both_kinds_of_addresses) {
  Fixture fixture;
  fixture.server["both.test"].v4 = {"192.0.2.1", "192.0.2.2"};
  fixture.server["both.test"].v6 = {"2001:db8::1"};
  fixture.open();
  std::string found = fixture.resolve("both.test");
  cr_assert(found.find("192.0.2.1:80 192.0.2.2:80") != std::string::npos, "%s", found.c_str());
  cr_assert(found.find("[2001:db8::1]:80") != std::string::npos, "%s", found.c_str());
}

Test(resolver, asks_only_for_the_kind_that_is_wanted) {
  Fixture fixture;
  fixture.server["both.test"].v4 = {"192.0.2.1"};
  fixture.server["both.test"].v6 = {"2001:db8::1"};
  fixture.options.ipv6 = false;
  fixture.open();
  cr_assert(fixture.resolve("both.test") == "192.0.2.1:80");
  cr_assert_eq(fixture.server.asked("both.test"), 1);
  fixture.options.ipv6 = true;
  fixture.options.ipv4 = false;
  fixture.open();
  cr_assert(fixture.resolve("both.test") == "[2001:db8::1]:80");
}

Test(resolver, digits_are_their_own_answer) {
  Fixture fixture;
  fixture.open();
  cr_assert(fixture.resolve("127.0.0.1") == "127.0.0.1:80");
  cr_assert(fixture.resolve("::1") == "[::1]:80");
  cr_assert(fixture.resolve("[::1]") == "[::1]:80");
  cr_assert_eq(fixture.server.asked_in_all(), 0);
}

Test(resolver, keeps_an_answer_for_its_ttl) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.server["a.test"].v4 = {"192.0.2.1"};
  fixture.server["a.test"].ttl = 60;
  fixture.open();
  fixture.resolve("a.test");
  fixture.server["a.test"].v4 = {"192.0.2.9"};
  fixture.loop.clock().advance(base::seconds(59) - base::Duration(500));
  cr_assert(fixture.resolve("A.Test") == "192.0.2.1:80");
  cr_assert_eq(fixture.server.asked("a.test"), 1);
  fixture.loop.clock().advance(base::seconds(2));
  cr_assert(fixture.resolve("a.test") == "192.0.2.9:80");
  cr_assert_eq(fixture.server.asked("a.test"), 2);
}

Test(resolver, the_ttl_of_an_alias_counts_too) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.server["www.test"].v4 = {"192.0.2.1"};
  fixture.server["www.test"].alias = "real.test";
  fixture.server["www.test"].alias_ttl = 10;
  fixture.open();
  cr_assert(fixture.resolve("www.test") == "192.0.2.1:80");
  fixture.loop.clock().advance(base::seconds(11));
  fixture.resolve("www.test");
  cr_assert_eq(fixture.server.asked("www.test"), 2);
}

Test(resolver, valid_replaces_the_ttl) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.options.valid = base::seconds(5);
  fixture.server["a.test"].v4 = {"192.0.2.1"};
  fixture.server["a.test"].ttl = 3600;
  fixture.open();
  fixture.resolve("a.test");
  fixture.loop.clock().advance(base::seconds(6));
  fixture.resolve("a.test");
  cr_assert_eq(fixture.server.asked("a.test"), 2);
}

Test(resolver, a_ttl_of_zero_is_kept_for_a_second) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.server["a.test"].v4 = {"192.0.2.1"};
  fixture.server["a.test"].ttl = 0;
  fixture.open();
  fixture.resolve("a.test");
  fixture.resolve("a.test");
  cr_assert_eq(fixture.server.asked("a.test"), 1);
}

Test(resolver, that_there_is_no_such_name_is_kept_for_a_while) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.open();
  cr_assert(fixture.resolve("gone.test") == "gone.test could not be resolved (3: Host not found)");
  int asked = fixture.server.asked("gone.test");
  fixture.resolve("gone.test");
  cr_assert_eq(fixture.server.asked("gone.test"), asked);
  fixture.server["gone.test"].v4 = {"192.0.2.1"};
  fixture.loop.clock().advance(Resolver::kAbsent + base::Duration(1));
  cr_assert(fixture.resolve("gone.test") == "192.0.2.1:80");
}

Test(resolver, a_name_without_addresses_is_not_found) {
  Fixture fixture;
  fixture.server["empty.test"];
  fixture.open();
  Outcome outcome;
  fixture.ask("empty.test", outcome);
  while (!outcome.found) fixture.loop.run_once(true);
  cr_assert_eq(outcome.code(), ENOENT);
}

Test(resolver, a_failing_server_is_named_as_that) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.server["bad.test"].rcode = 2;
  fixture.open();
  std::string text = fixture.resolve("bad.test");
  cr_assert(text == "bad.test could not be resolved (2: Server failure)", "%s", text.c_str());
}

Test(resolver, all_who_ask_meanwhile_get_the_one_answer) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.server["a.test"].v4 = {"192.0.2.1"};
  fixture.open();
  std::deque<Outcome> outcomes(10);
  for (Outcome& outcome : outcomes) fixture.ask("a.test", outcome);
  while (!outcomes.back().found) fixture.loop.run_once(true);
  for (Outcome& outcome : outcomes) cr_assert(outcome.text() == "192.0.2.1:80");
  cr_assert_eq(fixture.server.asked("a.test"), 1);
}

Test(resolver, who_has_waited_long_enough_is_told_while_others_wait_on) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.server["slow.test"].silent = true;
  Resolver& resolver = fixture.open();
  Outcome hasty, patient;
  event::spawn(resolve_into(resolver, "slow.test", base::seconds(1), nullptr, hasty));
  fixture.ask("slow.test", patient);
  fixture.loop.clock().advance(base::seconds(1));
  while (!hasty.found) fixture.loop.run_once(true);
  cr_assert_eq(hasty.code(), ETIMEDOUT);
  cr_assert(hasty.text() == "slow.test could not be resolved (110: Operation timed out)");
  cr_assert_not(patient.found.has_value());
  fixture.resolver.reset();
  fixture.loop.run_once(false);
  cr_assert_eq(patient.code(), ECANCELED);
}

Test(resolver, a_canceled_one_leaves_and_the_answer_still_fills_the_cache) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.server["a.test"].v4 = {"192.0.2.1"};
  fixture.open();
  event::CancelScope scope(fixture.loop.ready());
  Outcome outcome;
  fixture.ask("a.test", outcome, &scope);
  scope.cancel();
  fixture.loop.ready().drain();
  cr_assert_eq(outcome.code(), ECANCELED);
  cr_assert(fixture.resolve("a.test") == "192.0.2.1:80");
  cr_assert_eq(fixture.server.asked("a.test"), 1);
}

Test(resolver, another_server_is_asked_when_one_is_dead) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.server["a.test"].v4 = {"192.0.2.1"};
  Fd dead(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  Address any = *Address::from_ip("127.0.0.1", 0);
  cr_assert_eq(bind(dead.get(), any.raw(), any.length()), 0);
  fixture.options.servers.insert(fixture.options.servers.begin(), net::local_address(dead.get()));
  dead.reset();
  fixture.open();
  cr_assert(fixture.resolve("a.test") == "192.0.2.1:80");
}

Test(resolver, names_that_no_server_could_know_are_not_asked_for) {
  Fixture fixture;
  fixture.open();
  for (std::string bad : {std::string(), std::string("a b"), std::string("a/b"), std::string("a\0b", 3),
                          std::string(300, 'a'), std::string("a\nb"), std::string("[::")}) {
    cr_assert(fixture.resolve(bad).find("(3: Host not found)") != std::string::npos, "%s", bad.c_str());
  }
  cr_assert_eq(fixture.server.asked_in_all(), 0);
  cr_assert_eq(fixture.resolver->names(), 0u);
}

Test(resolver, as_many_names_at_once_as_there_may_be_and_no_more) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.open();
  std::deque<Outcome> outcomes(Resolver::kMostPending + 1);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    std::string name = fmt::format("n{}.test", i);
    fixture.server[name].silent = true;
    fixture.ask(name, outcomes[i]);
  }
  cr_assert_eq(outcomes.back().code(), EAGAIN);
  cr_assert_eq(outcomes.front().code(), 0);
  fixture.resolver.reset();
  fixture.loop.run_once(false);
  cr_assert_eq(outcomes.front().code(), ECANCELED);
}

Test(resolver, the_cache_is_bounded) {
  Fixture fixture;
  fixture.options.ipv6 = false;
  fixture.open();
  size_t asked = Resolver::kMostNames + 100;
  for (size_t i = 0; i < asked;) {
    std::deque<Outcome> outcomes(std::min<size_t>(100, asked - i));
    for (Outcome& outcome : outcomes) {
      std::string name = fmt::format("n{}.test", i++);
      fixture.server[name].v4 = {"192.0.2.1"};
      fixture.ask(name, outcome);
    }
    for (Outcome& outcome : outcomes) {
      while (!outcome.found) fixture.loop.run_once(true);
    }
  }
  cr_assert_eq(fixture.resolver->names(), Resolver::kMostNames);
}

Test(resolver, the_system_s_knows_localhost) {
  auto found = net::resolve_blocking("localhost", 8080, base::seconds(5));
  cr_assert(found.has_value(), "%s", found ? "" : found.error().message.c_str());
  bool loopback = false;
  for (const Address& address : *found) loopback = loopback || address.text() == "127.0.0.1:8080";
  cr_assert(loopback);
}

Test(resolver, at_the_start_digits_need_no_server) {
  cr_assert((*net::resolve_blocking("192.0.2.1", 1, base::seconds(5)))[0].text() == "192.0.2.1:1");
}
