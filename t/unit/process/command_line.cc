#include "process/command_line.h"

#include <criterion/criterion.h>

#include <vector>

using process::CommandLine;

namespace {

base::Result<CommandLine> parse(std::vector<const char*> words) { return process::parse_command_line(words); }

std::string error_of(std::vector<const char*> words) {
  base::Result<CommandLine> line = parse(std::move(words));
  return line ? "" : line.error().message;
}

}  // namespace

Test(command_line, flags_may_stand_together) {
  base::Result<CommandLine> line = parse({"-tq", "-V"});
  cr_assert(line);
  cr_assert(line->test && line->quiet && line->show_version && line->show_configure);
  cr_assert(!line->dump && !line->show_help);
}

Test(command_line, a_value_stands_in_the_same_word_or_the_next) {
  for (std::vector<const char*> words :
       {std::vector<const char*>{"-tcfile"}, {"-tc", "file"}, {"-t", "-c", "file"}}) {
    base::Result<CommandLine> line = parse(words);
    cr_assert(line && line->test);
    cr_assert_eq(*line->conf, "file");
  }
}

Test(command_line, what_follows_a_valued_letter_is_its_value) {
  base::Result<CommandLine> line = parse({"-ctq", "-g", "-t;", "-p", ""});
  cr_assert(line && !line->test && !line->quiet);
  cr_assert_eq(*line->conf, "tq");
  cr_assert_eq(line->global, "-t;");
  cr_assert_eq(*line->prefix, "");
}

Test(command_line, dump_implies_test) {
  base::Result<CommandLine> line = parse({"-T"});
  cr_assert(line && line->test && line->dump);
}

Test(command_line, errors_are_in_nginx_words) {
  cr_assert_eq(error_of({"-x"}), "invalid option: \"x\"");
  cr_assert_eq(error_of({"-tx"}), "invalid option: \"x\"");
  cr_assert_eq(error_of({"word"}), "invalid option: \"word\"");
  cr_assert_eq(error_of({"--help"}), "invalid option: \"-\"");
  cr_assert_eq(error_of({"-p"}), "option \"-p\" requires directory name");
  cr_assert_eq(error_of({"-tc"}), "option \"-c\" requires file name");
  cr_assert_eq(error_of({"-s", "kill"}), "invalid option: \"-s kill\"");
}

Test(command_line, a_lone_dash_says_nothing) { cr_assert(parse({"-"})); }
