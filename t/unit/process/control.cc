#include "process/control.h"

#include <criterion/criterion.h>

using process::ControlPair;

Test(control, ready_is_heard_once_it_is_said) {
  base::Result<ControlPair> made = ControlPair::make();
  cr_assert(made.has_value());
  ControlPair& pair = *made;
  cr_assert_eq(process::heard_ready(pair.master.get()).value(), false);
  process::say_ready(pair.child.get());
  cr_assert_eq(process::heard_ready(pair.master.get()).value(), true);
}

Test(control, the_end_of_the_child_is_heard) {
  base::Result<ControlPair> made = ControlPair::make();
  cr_assert(made.has_value());
  ControlPair& pair = *made;
  pair.child.reset();
  cr_assert(!process::heard_ready(pair.master.get()).has_value());
  process::say_last_listeners(pair.master.get(), {1, 2});
}

Test(control, the_end_of_the_master_is_heard_after_what_it_said) {
  base::Result<ControlPair> made = ControlPair::make();
  cr_assert(made.has_value());
  ControlPair& pair = *made;
  process::say_last_listeners(pair.master.get(), {0, 3, 65535});
  process::say_last_listeners(pair.master.get(), {});
  process::Heard heard = process::hear(pair.child.get());
  cr_assert(!heard.master_gone);
  cr_assert(heard.last_listeners == (std::vector<uint16_t>{0, 3, 65535}));
  pair.master.reset();
  heard = process::hear(pair.child.get());
  cr_assert(heard.master_gone && heard.last_listeners.empty());
  process::say_ready(pair.child.get());
}
