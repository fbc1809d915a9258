#include "conf/parser.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

namespace {

// Files in memory; a pattern lists those it is a prefix of up to its first "*".
struct Files {
  std::map<std::string, std::string> texts;
  conf::Diagnostics diagnostics;
  conf::Tree tree;
  size_t reads = 0;

  const conf::Tree& parse() {
    tree = conf::parse(
        "/c/main", "/c/", diagnostics,
        [this](const std::string& path) -> base::Result<std::string> {
          ++reads;
          auto found = texts.find(path);
          if (found == texts.end()) return base::fail_errno(ENOENT, "open() \"{}\" failed", path);
          return found->second;
        },
        [this](const std::string& pattern) -> base::Result<std::vector<std::string>> {
          std::vector<std::string> found;
          std::string prefix = pattern.substr(0, pattern.find('*'));
          for (const auto& [path, text] : texts) {
            if (path.starts_with(prefix)) found.push_back(path);
          }
          return found;
        });
    return tree;
  }
  std::string sound() {
    parse();
    cr_assert(!diagnostics.failed(), "%s", diagnostics.print(diagnostics.all()[0], tree).c_str());
    return conf::print(tree);
  }
  void fails(const std::vector<std::string>& expected) {
    parse();
    cr_assert_eq(diagnostics.all().size(), expected.size(), "%zu errors", diagnostics.all().size());
    for (size_t i = 0; i < expected.size(); ++i) {
      std::string printed = diagnostics.print(diagnostics.all()[i], tree);
      printed = printed.substr(0, printed.find('\n'));
      cr_assert_eq(printed, expected[i], "%s", printed.c_str());
    }
  }
};

Files one(std::string text) {
  Files files;
  files.texts["/c/main"] = std::move(text);
  return files;
}

}  // namespace

Test(parser, directives_and_blocks_nest) {
  cr_assert_eq(one("a b c;\nd { e { f \"g h\"; } }").sound(),
               "a b c;\nd {\n    e {\n        f \"g h\";\n    }\n}\n");
}

Test(parser, an_empty_file_is_an_empty_tree) { cr_assert_eq(one(" # nothing\n").sound(), ""); }

Test(parser, a_missing_main_file_is_an_error_without_a_place) {
  Files files;
  files.fails({"open() \"/c/main\" failed (2: No such file or directory)"});
}

Test(parser, include_puts_directives_in_its_place) {
  Files files = one("a;\nb { include sub; c; }\nd;");
  files.texts["/c/sub"] = "x 1;\ny 2;\n";
  cr_assert_eq(files.sound(), "a;\nb {\n    x 1;\n    y 2;\n    c;\n}\nd;\n");
  cr_assert_eq(files.tree.files.size(), 2);
  const conf::Directive& y = files.tree.directives[1].block[1];
  cr_assert_eq(files.tree.files[y.name.at.file].path, "/c/sub");
  cr_assert_eq(y.name.at.line, 2);
}

Test(parser, include_takes_globs_in_order_and_absolute_paths) {
  Files files = one("include conf.d/*.conf;\ninclude /etc/x;");
  files.texts["/c/conf.d/b.conf"] = "b;";
  files.texts["/c/conf.d/a.conf"] = "a;";
  files.texts["/etc/x"] = "x;";
  cr_assert_eq(files.sound(), "a;\nb;\nx;\n");
}

Test(parser, a_glob_without_match_is_fine) { cr_assert_eq(one("include none.d/*;\na;").sound(), "a;\n"); }

Test(parser, an_include_of_a_missing_file_is_an_error_at_its_name) {
  one("a;\n  include sub;\nb")
      .fails({"/c/main:2:11: open() \"/c/sub\" failed (2: No such file or directory)",
              "/c/main:3:1: \";\" is missing after \"b\": the file ends"});
}

Test(parser, include_wants_one_file) {
  one("include;\ninclude a b;\ninclude x {}\na;")
      .fails({"/c/main:1:1: \"include\" takes the name of one file or a pattern",
              "/c/main:2:1: \"include\" takes the name of one file or a pattern",
              "/c/main:3:1: \"include\" takes no block"});
}

Test(parser, a_file_that_includes_itself_is_refused) {
  Files files = one("include sub;");
  files.texts["/c/sub"] = "a;\ninclude main;";
  files.fails({"/c/sub:2:9: \"/c/main\" includes itself"});
}

Test(parser, includes_are_bounded_in_depth) {
  Files files = one("include 1;");
  for (int i = 1; i < 60; ++i) files.texts[fmt::format("/c/{}", i)] = fmt::format("include {};", i + 1);
  files.fails({"/c/32:1:9: include is nested more than 32 deep"});
}

Test(parser, a_file_included_often_is_read_once_and_its_error_told_once) {
  Files files = one("a { include sub; }\nb { include sub; }");
  files.texts["/c/sub"] = "x y";
  files.fails({"/c/sub:1:3: \";\" is missing after \"y\": the file ends"});
  cr_assert_eq(files.reads, 2);
  cr_assert_eq(files.tree.directives[1].block.size(), 1);
}

Test(parser, a_block_does_not_end_in_another_file) {
  Files files = one("a { include sub; b; }\nc;");
  files.texts["/c/sub"] = "x { y;";
  files.fails({"/c/sub:1:3: the block of \"x\" is not closed: \"}\" is missing"});
  cr_assert_eq(files.tree.directives.size(), 2);
}

Test(parser, every_error_is_told_in_one_run) {
  one("a b }\n;\nc {\n  d\n}\n{ e; f { } }\ng;\nh {\n")
      .fails({
          "/c/main:1:3: \";\" is missing after \"b\"",
          "/c/main:1:5: unexpected \"}\": no block is open",
          "/c/main:2:1: unexpected \";\": no directive stands before it",
          "/c/main:4:3: \";\" is missing after \"d\"",
          "/c/main:6:1: unexpected \"{\": a block needs a name before it",
          "/c/main:8:3: the block of \"h\" is not closed: \"}\" is missing",
      });
}

Test(parser, what_was_understood_is_kept) {
  Files files = one("a b }\nc {\n  d\n}\ne;");
  files.parse();
  cr_assert_eq(conf::print(files.tree), "a b;\nc {\n    d;\n}\ne;\n");
}

Test(parser, blocks_are_bounded_in_depth) {
  std::string text;
  for (size_t i = 0; i < 5000; ++i) text += "a {";
  for (size_t i = 0; i < 5000; ++i) text += "}";
  Files files = one(text + "b;");
  files.parse();
  cr_assert_eq(files.diagnostics.all().size(), 1);
  cr_assert_eq(files.tree.directives.size(), 2);
}

Test(parser, a_binary_file_is_refused) {
  one(std::string("a;\n\0b;", 6)).fails({"/c/main:1:1: \"/c/main\" is not a text: byte 3 is NUL"});
}

Test(parser, global_directives_come_first) {
  Files files = one("a;");
  files.sound();
  conf::parse_global("daemon off; x 1;", files.tree, files.diagnostics);
  cr_assert_eq(conf::print(files.tree), "daemon off;\nx 1;\na;\n");
  cr_assert(!files.diagnostics.failed());
}

Test(parser, an_error_in_a_global_directive_names_the_command_line) {
  Files files = one("a;");
  files.sound();
  conf::parse_global("daemon off", files.tree, files.diagnostics);
  cr_assert_eq(
      files.diagnostics.print(files.diagnostics.all()[0], files.tree),
      "command line:1:8: \";\" is missing after \"off\": the file ends\n    daemon off\n           ^");
}

Test(parser, reads_and_lists_the_files_of_the_disk) {
  char folder[] = "/tmp/conf_parser_XXXXXX";
  cr_assert_not_null(mkdtemp(folder));
  std::string prefix = std::string(folder) + "/";
  for (const char* name : {"b.conf", "a.conf", "c.other"}) {
    int fd = open((prefix + name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    std::string text = std::string(1, name[0]) + ";\n";
    cr_assert_eq(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(fd);
  }
  int fd = open((prefix + "main").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  std::string_view text = "include *.conf; include [x]*; include missing;";
  cr_assert_eq(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(fd);
  conf::Diagnostics diagnostics;
  conf::Tree tree = conf::parse(prefix + "main", prefix, diagnostics);
  cr_assert_eq(conf::print(tree), "a;\nb;\n");
  cr_assert_eq(diagnostics.all().size(), 1);
  cr_assert_eq(diagnostics.all()[0].message,
               "open() \"" + prefix + "missing\" failed (2: No such file or directory)");
  cr_assert(!conf::read_file(folder).has_value());
  for (const char* name : {"b.conf", "a.conf", "c.other", "main"}) unlink((prefix + name).c_str());
  rmdir(folder);
}
