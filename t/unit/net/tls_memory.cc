#include "net/tls_memory.h"

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace {

constexpr int64_t kHour = 3600 * 1000;

template <class T>
shm::Mapping shared_memory(size_t size) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  cr_assert_neq(memory, MAP_FAILED);
  T::format(static_cast<std::byte*>(memory), size);
  return shm::Mapping(static_cast<std::byte*>(memory), size);
}

bool is_same(const net::TicketKey& a, const net::TicketKey& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

Test(tls_ticket_keys, newest_encrypts_and_older_ones_decrypt_for_a_while) {
  net::TlsTicketKeys keys(shared_memory<net::TlsTicketKeys>(4096));
  net::TicketKey first = keys.current(kHour, base::seconds(300));
  cr_assert(is_same(first, keys.current(kHour + kHour / 2, base::seconds(300))));
  net::TicketKey second = keys.current(2 * kHour, base::seconds(300));
  cr_assert_not(is_same(first, second));
  bool newest = true;
  cr_assert(keys.find(first.name, newest));
  cr_assert_not(newest);
  cr_assert(keys.find(second.name, newest));
  cr_assert(newest);
  keys.current(3 * kHour, base::seconds(300));
  keys.current(4 * kHour, base::seconds(300));
  cr_assert_not(keys.find(first.name, newest), "and then they are gone");
}

Test(tls_ticket_keys, key_lives_as_long_as_its_tickets) {
  net::TlsTicketKeys keys(shared_memory<net::TlsTicketKeys>(4096));
  net::TicketKey first = keys.current(kHour, base::seconds(86400));
  cr_assert(is_same(first, keys.current(20 * kHour, base::seconds(86400))));
}

Test(tls_session_cache, finds_until_it_expires) {
  net::TlsSessionCache cache(shared_memory<net::TlsSessionCache>(64 << 10));
  cr_assert(cache.put("id", "session", 100, 200));
  cr_assert_eq(cache.find("id", 199).value_or(""), "session");
  cr_assert_not(cache.find("id", 200));
  cr_assert(cache.put("id", "another", 100, 200));
  cr_assert_eq(cache.find("id", 100).value_or(""), "another");
  cache.remove("id");
  cr_assert_not(cache.find("id", 100));
}

Test(tls_session_cache, full_bucket_forgets_its_oldest) {
  net::TlsSessionCache cache(shared_memory<net::TlsSessionCache>(net::TlsSessionCache::kBucket));
  std::string session(1000, 's');
  for (int i = 0; i < 10; ++i) cr_assert(cache.put("id" + std::to_string(i), session, 100, 200));
  cr_assert_not(cache.find("id0", 100));
  cr_assert(cache.find("id9", 100));
  cr_assert(cache.find("id8", 100));
  cr_assert_not(cache.put("large", std::string(5000, 's'), 100, 200), "what fits no bucket is not kept");
}

Test(tls_session_cache, holds_four_thousand_in_a_mebibyte) {
  net::TlsSessionCache cache(shared_memory<net::TlsSessionCache>(1 << 20));
  std::string session(180, 's');
  for (int i = 0; i < 4000; ++i) cache.put("session id " + std::to_string(i), session, 100, 200);
  int kept = 0;
  for (int i = 0; i < 4000; ++i) kept += cache.find("session id " + std::to_string(i), 100).has_value();
  cr_assert_gt(kept, 3300);
}
