#include "event/sleep.h"

#include <criterion/criterion.h>

namespace {
event::Task<void> sleep_into(event::Loop& loop, event::CancelScope* scope, int* passed) {
  bool whole = co_await event::sleep_for(loop, base::seconds(60), scope);
  *passed = whole ? 1 : 0;
}
}  // namespace

Test(sleep, ends_when_the_time_has_passed) {
  event::Loop loop;
  int passed = -1;
  event::spawn(sleep_into(loop, nullptr, &passed));
  loop.run_once(false);
  cr_assert_eq(passed, -1);
  loop.clock().advance(base::seconds(60));
  loop.run_once(false);
  cr_assert_eq(passed, 1);
}

Test(sleep, ends_when_it_is_canceled) {
  event::Loop loop;
  event::CancelScope scope(loop.ready());
  int passed = -1;
  event::spawn(sleep_into(loop, &scope, &passed));
  scope.cancel();
  loop.run_once(false);
  cr_assert_eq(passed, 0);
}
