#include "process/upgrade.h"

#include <criterion/criterion.h>
#include <unistd.h>

using process::Inheritance;

Test(upgrade, what_is_handed_on_is_read_back) {
  Inheritance given;
  given.generation = 7;
  given.listening = {5, 6, 250};
  given.events = "9,10,";
  given.segments = "12:1:4096:zone with spaces;13:2:64:b;";
  base::Result<Inheritance> read = Inheritance::parse(given.print());
  cr_assert(read);
  cr_assert_eq(read->generation, 7);
  cr_assert(read->listening == given.listening);
  cr_assert_eq(read->events, given.events);
  cr_assert_eq(read->segments, given.segments);
}

Test(upgrade, unknown_keys_are_passed_over) {
  base::Result<Inheritance> read = Inheritance::parse("future=1 generation=2 listen=4 word events=5,");
  cr_assert(read && read->generation == 2 && read->listening.size() == 1 && read->events == "5,");
}

Test(upgrade, numbers_that_are_none_are_refused) {
  for (const char* text : {"listen=5,x", "listen=-1", "listen=0", "listen=2", "listen=99999999",
                           "generation=", "generation=99999999999"}) {
    cr_assert(!Inheritance::parse(text), "%s", text);
  }
}

Test(upgrade, nothing_to_listen_on_is_fine) {
  base::Result<Inheritance> read = Inheritance::parse(Inheritance{}.print());
  cr_assert(read && read->listening.empty());
}

Test(upgrade, the_program_is_found_as_the_shell_finds_it) {
  cr_assert_eq(process::program_path("/usr/bin/env"), "/usr/bin/env");
  cr_assert_eq(process::program_path("sh").substr(0, 1), "/");
  cr_assert(process::program_path("./x").starts_with("/"));
  cr_assert_eq(access(process::program_path("no-such-program-here").c_str(), X_OK), 0);
}
