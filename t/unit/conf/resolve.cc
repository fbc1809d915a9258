#include <chrono>
#include <memory>

#include "t/unit/conf/rows.h"

namespace {

struct Resolving {
  conf::Diagnostics diagnostics;
  conf::Tree tree;
  conf::Site site;
  conf::Section section = sample::core();

  explicit Resolving(const std::string& text, bool compat = false) {
    tree = sample::tree_of(text, diagnostics);
    cr_assert(!diagnostics.failed());
    site.diagnostics = &diagnostics;
    site.prefix = "/p/";
    site.compat = compat;
  }
  // The scopes on the way to the block called `names.back()`.
  std::vector<const conf::Directive*> chain(const std::vector<std::string_view>& names) const {
    std::vector<const conf::Directive*> found;
    const std::vector<conf::Directive>* level = &tree.directives;
    for (std::string_view name : names) {
      const conf::Directive* next = nullptr;
      for (const conf::Directive& each : *level) {
        if (each.name.text == name && each.has_block) next = &each;
      }
      cr_assert_not_null(next);
      found.push_back(next);
      level = &next->block;
    }
    return found;
  }
  std::unique_ptr<sample::Core> fill(const std::vector<std::string_view>& names, conf::Context context) {
    return std::unique_ptr<sample::Core>(
        static_cast<sample::Core*>(conf::resolve(section, chain(names), context, site)));
  }
  std::unique_ptr<sample::Core> location() { return fill({"http", "server", "location"}, conf::kLocation); }
  bool as_outer() {
    return conf::resolves_as_outer(section, chain({"http", "server", "location"}), conf::kLocation, site);
  }
};

using Lines = std::vector<std::string>;

}  // namespace

Test(resolve, defaults_are_applied_where_nothing_stands) {
  Resolving r("http { server { location / {} } }");
  std::unique_ptr<sample::Core> core = r.location();
  cr_assert(core->flag);
  cr_assert_eq(core->number, 7);
  cr_assert_eq(core->size, 4096);
  cr_assert_eq(core->time.count(), 3600'000);
  cr_assert_eq(core->root, "/p/html");
  cr_assert(core->list == Lines({"x", "y", "z;"}));
  cr_assert(core->rules == Lines({"deny nobody"}));
  cr_assert(core->finished);
  cr_assert(!r.diagnostics.failed());
}

Test(resolve, an_empty_chain_gives_the_defaults) {
  Resolving r("");
  cr_assert_eq(r.fill({}, conf::kHttp)->size, 4096);
}

Test(resolve, compat_takes_the_defaults_of_nginx) {
  Resolving r("http { server { location / {} } }", true);
  cr_assert(!r.location()->flag);
  cr_assert_eq(r.location()->size, 4096);
}

Test(resolve, the_innermost_occurrence_wins) {
  Resolving r(
      "http { size 1; time 1s; root /a; server { size 2; number 2; location / { size 3; root b; } } }");
  std::unique_ptr<sample::Core> core = r.location();
  cr_assert_eq(core->size, 3);
  cr_assert_eq(core->number, 2);
  cr_assert_eq(core->time.count(), 1000);
  cr_assert_eq(core->root, "/p/b");
  cr_assert_eq(r.fill({"http", "server"}, conf::kServer)->size, 2);
  cr_assert_eq(r.fill({"http"}, conf::kHttp)->size, 1);
}

Test(resolve, a_list_is_inherited_whole_or_not_at_all) {
  Resolving r(
      "http { item a; item b; server { location / { item c; item d e; } location /x { flag on; } } }");
  cr_assert(r.fill({"http", "server"}, conf::kServer)->list == Lines({"a", "b"}));
  cr_assert(r.location()->list == Lines({"a", "b"}));
  Resolving inner("http { item a; item b; server { location / { item c; item d e; } } }");
  cr_assert(inner.location()->list == Lines({"c", "d", "e"}));
}

Test(resolve, a_group_is_inherited_together_in_the_order_of_the_file) {
  Resolving r("http { deny x; server { deny 1; allow 2; deny 3; location / {} } }");
  cr_assert(r.location()->rules == Lines({"deny 1", "allow 2", "deny 3"}));
  Resolving inner("http { server { deny 1; allow 2; location / { allow 4; } } }");
  cr_assert(inner.location()->rules == Lines({"allow 4"}));
}

Test(resolve, what_is_not_inherited_counts_in_its_own_scope_only) {
  Resolving r("http { server { color green; set a 1; location / {} } }");
  cr_assert(r.fill({"http", "server"}, conf::kServer)->color == sample::Color::green);
  cr_assert(r.fill({"http", "server"}, conf::kServer)->steps == Lines({"set a 1"}));
  cr_assert(r.location()->color == sample::Color::red);
  cr_assert(r.location()->steps.empty());
}

Test(resolve, what_declares_around_servers_is_applied_there_once) {
  Resolving r("http { declare a; declare b; server { flag off; location / { flag off; } } }");
  cr_assert_eq(r.fill({"http"}, conf::kHttp)->zones.size(), 2u);
  cr_assert(r.location()->zones.empty());
}

Test(resolve, blocks_and_directives_of_a_group_keep_their_order) {
  Resolving r("http { server { location / { set a 1; if (x) { set b 2; } set c 3; } } }");
  cr_assert(r.location()->steps == Lines({"set a 1", "if (x)", "set c 3"}));
  cr_assert(r.fill({"http", "server", "location", "if"}, conf::kLocationIf)->steps == Lines({"set b 2"}));
}

Test(resolve, the_main_level_is_a_block_without_a_name) {
  Resolving r("number 5; http { server {} }");
  conf::Directive main;
  main.block = r.tree.directives;
  std::vector<const conf::Directive*> chain = {&main, &main.block[1], &main.block[1].block[0]};
  std::unique_ptr<sample::Core> core(
      static_cast<sample::Core*>(conf::resolve(r.section, chain, conf::kServer, r.site)));
  cr_assert_eq(core->number, 5);
}

Test(resolve, an_error_is_told_once_at_the_argument_for_all_scopes) {
  Resolving r("http {\n  size 4q;\n  server { location / {} } }");
  r.location();
  r.fill({"http", "server"}, conf::kServer);
  r.fill({"http"}, conf::kHttp);
  cr_assert_eq(r.diagnostics.all().size(), 1);
  cr_assert_eq(r.diagnostics.print(r.diagnostics.all()[0], r.tree),
               "command line:2:8: \"size\": invalid size \"4q\"\n      size 4q;\n           ^");
}

Test(resolve, finish_reports_at_the_scope) {
  Resolving r("http {\n number 13; server {\n location / {} } }");
  r.location();
  cr_assert_eq(r.diagnostics.all()[0].at.line, 3);
  cr_assert_eq(r.diagnostics.all()[0].message, "\"number\" must not be 13");
}

Test(resolve, what_check_refused_is_left_out) {
  Resolving r("http { size; size 1 2; size 1 {} time; server { location / { time 5s; } } }");
  std::unique_ptr<sample::Core> core = r.location();
  cr_assert_eq(core->size, 4096);
  cr_assert_eq(core->time.count(), 3600'000);
  cr_assert(!r.diagnostics.failed());
}

Test(resolve, a_default_that_does_not_parse_is_found) {
  static constexpr conf::Row kRows[] = {
      {.name = "size",
       .contexts = conf::kHttp,
       .default_text = "4q",
       .set = conf::set_size<&sample::Core::size>},
      {.name = "flag",
       .contexts = conf::kHttp,
       .default_text = "on off",
       .set = conf::set_flag<&sample::Core::flag>},
      {.name = "root",
       .contexts = conf::kHttp,
       .default_text = "\"a",
       .set = conf::set_path<&sample::Core::root>},
  };
  Resolving r("");
  r.section = conf::section<sample::Core>("bad", kRows);
  r.fill({}, conf::kHttp);
  r.fill({}, conf::kHttp);
  std::vector<std::string> messages;
  for (const conf::Diagnostic& each : r.diagnostics.all()) messages.push_back(each.message);
  cr_assert(messages == Lines({"the default \"on off\" of \"flag\" is not what the directive takes",
                               "the default \"\"a\" of \"root\" is not what the directive takes",
                               "\"size\": invalid size \"4q\""}));
}

Test(resolve, a_scope_without_own_directives_may_share_the_outer_ones) {
  cr_assert(Resolving("http { server { size 1; location / { internal; } } }").as_outer());
  cr_assert(!Resolving("http { server { location / { size 1; } } }").as_outer());
  cr_assert(!Resolving("http { server { color green; location / {} } }").as_outer());
  cr_assert(!Resolving("http { server { set a 1; location / {} } }").as_outer());
}

Test(resolve, large_blocks_are_read_through_once) {
  std::string text = "http { size 9; server { number 3;\n";
  constexpr int kLocations = 10000;
  for (int i = 0; i < kLocations; ++i)
    text += fmt::format("location /{} {{ number {}; internal; }}\n", i, i % 100);
  Resolving r(text + "} }");
  auto begin = std::chrono::steady_clock::now();
  const conf::Directive& http = r.tree.directives[0];
  const conf::Directive& server = http.block[1];
  for (int i = 0; i < kLocations; ++i) {
    const conf::Directive* chain[] = {&http, &server, &server.block[static_cast<size_t>(i) + 1]};
    std::unique_ptr<sample::Core> core(
        static_cast<sample::Core*>(conf::resolve(r.section, chain, conf::kLocation, r.site)));
    cr_assert_eq(core->number, i % 100);
    cr_assert_eq(core->size, 9);
  }
  // Reading 10,000 directives again for each of 10,000 locations would take many seconds.
  cr_assert_lt(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

Test(setters, refuse_what_does_not_fit_the_member) {
  Resolving r(
      "http { number 65536; size 4294967296; server { number -1; color blue; flag yes; location / { number "
      "x; } } }");
  r.fill({"http"}, conf::kHttp);
  r.fill({"http", "server"}, conf::kServer);
  r.location();
  std::vector<std::string> messages;
  for (const conf::Diagnostic& each : r.diagnostics.all()) messages.push_back(each.message);
  cr_assert(
      messages ==
      Lines({"\"number\": value \"65536\" is out of range", "\"size\": size \"4294967296\" is out of range",
             "\"number\": value \"-1\" is out of range",
             "\"color\": invalid value \"blue\", it must be one of red, green",
             "\"flag\": invalid value \"yes\", it must be on or off", "\"number\": invalid number \"x\""}));
}

Test(setters, flags_and_names_ignore_case) {
  Resolving r("http { flag OFF; server { color GREEN; } }");
  std::unique_ptr<sample::Core> core = r.fill({"http", "server"}, conf::kServer);
  cr_assert(!core->flag);
  cr_assert(core->color == sample::Color::green);
}

Test(site, relative_paths_start_at_the_prefix) {
  Resolving r("");
  cr_assert_eq(r.site.full_path("logs/x"), "/p/logs/x");
  cr_assert_eq(r.site.full_path("/x"), "/x");
}
