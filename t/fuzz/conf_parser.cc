// Any bytes as a configuration: nothing crashes or hangs, every tree prints as text that parses to the same
// tree, and setters only ever see directives of the shape their rows ask for. The input is split at NUL bytes
// into files 0, 1, … that may include each other.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "conf/parser.h"
#include "conf/setters.h"

namespace {

struct Sample {
  bool flag = false;
  int32_t number = 0;
  uint64_t size = 0;
  base::Duration time{};
  std::vector<std::string> words;
};

constexpr conf::Row kRows[] = {
    {.name = "a",
     .contexts = conf::kMain | conf::kHttp,
     .default_text = "on",
     .set = conf::set_flag<&Sample::flag>},
    {.name = "b", .contexts = conf::kHttpServerLocation, .set = conf::set_number<&Sample::number>},
    {.name = "c", .contexts = conf::kHttpServerLocation, .set = conf::set_size<&Sample::size>},
    {.name = "d", .contexts = conf::kHttp | conf::kServer, .set = conf::set_time<&Sample::time>},
    {.name = "e",
     .contexts = conf::kMain | conf::kHttpServerLocation,
     .max_args = conf::Row::kAny,
     .set = conf::add_strings<&Sample::words>,
     .group = "g",
     .repeat = true},
    {.name = "h", .contexts = conf::kMain, .min_args = 0, .block = conf::Block::scope, .opens = conf::kHttp},
    {.name = "s",
     .contexts = conf::kHttp | conf::kMain,
     .min_args = 0,
     .repeat = true,
     .block = conf::Block::scope,
     .opens = conf::kServer},
    {.name = "t", .contexts = conf::kHttpServerLocation, .min_args = 0, .block = conf::Block::free},
};

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<std::string> files_of(std::string_view input) {
  std::vector<std::string> files;
  for (;;) {
    size_t end = input.find('\0');
    files.emplace_back(input.substr(0, end));
    if (end == std::string_view::npos) return files;
    input.remove_prefix(end + 1);
  }
}

void fill_every_scope(const conf::Section& section, const conf::Tree& tree, conf::Site& site) {
  conf::Directive main;
  main.block = tree.directives;
  section.destroy(conf::resolve(section, {}, conf::kMain, site));
  for (const conf::Directive& directive : main.block) {
    const conf::Directive* chain[] = {&main, &directive};
    section.destroy(conf::resolve(section, chain, conf::kHttp, site));
    conf::resolves_as_outer(section, chain, conf::kHttp, site);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::vector<std::string> files = files_of({reinterpret_cast<const char*>(bytes), size});
  auto read = [&](const std::string& path) -> base::Result<std::string> {
    size_t number = path.empty() ? files.size() : static_cast<size_t>(path.back() - '0');
    if (number >= files.size()) return base::fail("no file \"{}\"", path);
    return files[number];
  };
  auto list = [&](const std::string&) -> base::Result<std::vector<std::string>> {
    return std::vector<std::string>{"1", "2"};
  };
  conf::Diagnostics diagnostics;
  conf::Tree tree = conf::parse("0", "", diagnostics, read, list);

  conf::Diagnostics of_printed;
  std::vector<conf::Directive> again = conf::parse_text(conf::print(tree), of_printed);
  require(!of_printed.failed());
  require(conf::same_directives(tree.directives, again));

  conf::Section section = conf::section<Sample>("sample", kRows);
  const conf::Section* sections[] = {&section};
  conf::check(tree, sections, diagnostics);
  conf::Site site;
  site.diagnostics = &diagnostics;
  fill_every_scope(section, tree, site);
  for (const conf::Diagnostic& each : diagnostics.all()) require(!diagnostics.print(each, tree).empty());
  return 0;
}
