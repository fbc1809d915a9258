// A small set of sections for the tests of check, resolve and the manual, and trees made from text.
#pragma once

#include <criterion/criterion.h>

#include <string>
#include <string_view>
#include <vector>

#include "conf/parser.h"
#include "conf/setters.h"

namespace sample {

enum class Color : uint8_t { red, green };
struct ColorName {
  std::string_view name;
  Color color;
};
inline constexpr ColorName kColors[] = {{"red", Color::red}, {"green", Color::green}};

/// What the rows of section "core" fill.
struct Core {
  bool flag = false;
  uint16_t number = 7;
  uint32_t size = 0;
  base::Duration time{};
  std::string root;
  Color color = Color::red;
  std::vector<std::string> list;
  std::vector<std::string> zones;
  std::vector<std::string> rules;
  std::vector<std::string> steps;
  std::string ifs;
  bool finished = false;
};

/// Appends "name arg arg", so that a test sees what was applied and in which order.
template <auto Member>
base::Result<void> add_line(void* section, const conf::Directive& directive, conf::Site&) {
  std::string line = directive.name.text;
  for (const conf::Word& word : directive.args) line += " " + word.text;
  conf::detail::member<Member>(section).push_back(line);
  return {};
}

base::Result<void> finish_core(void* section, conf::Site& site);
conf::Section core();
/// Blocks and whatever else only needs a place.
conf::Section frame();

inline conf::Tree tree_of(const std::string& text, conf::Diagnostics& diagnostics) {
  conf::Tree tree;
  conf::parse_global(text, tree, diagnostics);
  return tree;
}

}  // namespace sample
