#include "exchange/route.h"

#include <algorithm>

namespace exchange {
namespace {

std::string prefix_of(const conf::Directive& location) {
  std::string_view first = location.arg(0);
  if (location.args.size() != 1)
    return first == "=" || first == "^~" ? std::string(location.arg(1)) : std::string();
  // "=/x" and "^~/x" may be written without a space.
  if (first.starts_with("^~")) first.remove_prefix(2);
  if (first.starts_with("=")) first.remove_prefix(1);
  return first.starts_with('/') ? std::string(first) : std::string();
}

bool has_alias(const conf::Directive& block) {
  return std::ranges::any_of(block.block,
                             [](const conf::Directive& inner) { return inner.name.text == "alias"; });
}

}  // namespace

void set_prefixes(Route& route, conf::Chain chain) {
  bool found_alias = false;
  bool found_location = false;
  for (size_t i = chain.size(); i-- > 0;) {
    const conf::Directive& block = *chain[i];
    if (block.name.text != "location") continue;
    if (!found_location) route.prefix = prefix_of(block);
    if (!found_alias && has_alias(block)) {
      route.alias_prefix = prefix_of(block);
      found_alias = true;
    }
    found_location = true;
  }
}

}  // namespace exchange
