#include "upstream/retry.h"

#include <criterion/criterion.h>

using http::OriginFault;
using namespace upstream;

namespace {

TryEnd failed(Trouble trouble) {
  TryEnd end;
  end.trouble = trouble;
  end.tries_left = 1;
  end.was_sent = true;
  return end;
}

}  // namespace

Test(retry, words_name_troubles) {
  cr_assert_eq(find_trouble("error"), kError);
  cr_assert_eq(find_trouble("http_429"), kHttp429);
  cr_assert_eq(find_trouble("non_idempotent"), kNonIdempotent);
  cr_assert_eq(find_trouble("off"), 0u);
  cr_assert_eq(find_trouble("http_418"), 0u);
}

Test(retry, faults_become_502_504_or_499) {
  struct Case {
    OriginFault fault;
    Trouble trouble;
    int status;
  };
  const Case cases[] = {
      {OriginFault::connect, kError, 502},
      {OriginFault::connect_timeout, kTimeout, 504},
      {OriginFault::handshake, kError, 502},
      {OriginFault::handshake_timeout, kTimeout, 504},
      {OriginFault::send, kError, 502},
      {OriginFault::send_timeout, kTimeout, 504},
      {OriginFault::closed, kError, 502},
      {OriginFault::read_timeout, kTimeout, 504},
      {OriginFault::invalid, kInvalidHeader, 502},
      {OriginFault::canceled, kNoTrouble, 499},
  };
  for (const Case& item : cases) {
    cr_assert_eq(trouble_of(item.fault), item.trouble);
    cr_assert_eq(status_of(item.fault), item.status);
  }
}

Test(retry, only_named_troubles_go_on) {
  RetryRules rules;
  cr_assert(asks_another(rules, failed(kError)));
  cr_assert(asks_another(rules, failed(kTimeout)));
  cr_assert_not(asks_another(rules, failed(kInvalidHeader)));
  cr_assert_not(asks_another(rules, failed(kHttp503)));
  cr_assert_not(asks_another(rules, failed(kNoTrouble)));
  rules.on = 0;
  cr_assert_not(asks_another(rules, failed(kError)));
}

Test(retry, what_is_not_idempotent_goes_on_only_unsent_or_allowed) {
  RetryRules rules;
  TryEnd end = failed(kError);
  end.counts_as_idempotent = false;
  cr_assert_not(asks_another(rules, end));
  end.was_sent = false;
  cr_assert(asks_another(rules, end));
  end.was_sent = true;
  rules.on |= kNonIdempotent;
  cr_assert(asks_another(rules, end));
}

Test(retry, stops_without_peers_body_or_time) {
  RetryRules rules;
  TryEnd end = failed(kError);
  end.tries_left = 0;
  cr_assert_not(asks_another(rules, end));
  end = failed(kError);
  end.repeatable = false;
  cr_assert_not(asks_another(rules, end));
  rules.timeout = base::Duration(100);
  end = failed(kError);
  end.elapsed = base::Duration(99);
  cr_assert(asks_another(rules, end));
  end.elapsed = base::Duration(100);
  cr_assert_not(asks_another(rules, end));
}

Test(retry, stale_connection_is_replaced_only_when_nothing_can_happen_twice) {
  TryEnd end = failed(kError);
  cr_assert(repeats_stale(OriginFault::closed, true, 100, 0, end));
  cr_assert(repeats_stale(OriginFault::send, true, 100, 0, end));
  cr_assert_not(repeats_stale(OriginFault::closed, false, 100, 0, end), "a fresh connection");
  cr_assert_not(repeats_stale(OriginFault::closed, true, 100, 1, end), "the answer had begun");
  cr_assert_not(repeats_stale(OriginFault::read_timeout, true, 100, 0, end),
                "silence is no closed connection");
  end.idempotent = false;
  cr_assert_not(repeats_stale(OriginFault::closed, true, 100, 0, end), "it may have arrived");
  cr_assert(repeats_stale(OriginFault::send, true, 0, 0, end), "nothing of it has left");
  end.repeatable = false;
  cr_assert_not(repeats_stale(OriginFault::send, true, 0, 0, end), "its body is gone");
}

Test(retry, post_lock_and_patch_do_not_count_as_idempotent) {
  for (const char* method : {"POST", "LOCK", "PATCH"}) cr_assert_not(counts_as_idempotent(method));
  for (const char* method : {"GET", "PUT", "DELETE", "PROPFIND", "post"})
    cr_assert(counts_as_idempotent(method));
}
