#include "proxy/location.h"

#include <algorithm>

namespace proxy {

LocationTree::LocationTree() = default;
LocationTree::~LocationTree() = default;

base::Result<void> LocationTree::add(std::unique_ptr<Location> location) {
  // Kept even when it is refused: the rest of the file is checked, and others point to it already.
  const Location* added = all_.emplace_back(std::move(location)).get();
  bool taken = false;
  switch (added->kind) {
    case Location::Kind::exact: taken = !exact_.emplace(added->text, added).second; break;
    case Location::Kind::named: taken = !named_.emplace(added->text, added).second; break;
    case Location::Kind::regex: regexes_.push_back(added); break;
    default:
      taken =
          std::ranges::any_of(prefixes_, [&](const Prefix& p) { return p.location->text == added->text; });
      prefixes_.push_back({added, -1});
  }
  if (taken) return base::fail("duplicate location \"{}\"", added->text);
  return {};
}

void LocationTree::finish() {
  std::ranges::sort(prefixes_, {}, [](const Prefix& p) -> const std::string& { return p.location->text; });
  std::vector<int> open;  // the prefixes of the one looked at, shortest first
  for (size_t i = 0; i < prefixes_.size(); ++i) {
    const std::string& text = prefixes_[i].location->text;
    while (!open.empty() && !text.starts_with(prefixes_[static_cast<size_t>(open.back())].location->text))
      open.pop_back();
    prefixes_[i].shorter = open.empty() ? -1 : open.back();
    open.push_back(static_cast<int>(i));
  }
}

// Whatever sorts between a prefix of `path` and `path` starts with that prefix too, so the longest one is the
// last entry not after `path`, or one of that entry's own prefixes.
const Location* LocationTree::find_prefix(std::string_view path) const {
  auto after = std::ranges::upper_bound(prefixes_, path, {},
                                        [](const Prefix& p) { return std::string_view(p.location->text); });
  int at = static_cast<int>(after - prefixes_.begin()) - 1;
  while (at >= 0 && !path.starts_with(prefixes_[static_cast<size_t>(at)].location->text)) {
    at = prefixes_[static_cast<size_t>(at)].shorter;
  }
  return at < 0 ? nullptr : prefixes_[static_cast<size_t>(at)].location;
}

const Location* LocationTree::find(std::string_view path, exchange::Exchange& exchange) const {
  if (auto exact = exact_.find(path); exact != exact_.end()) return exact->second;
  const Location* found = find_prefix(path);
  if (found != nullptr) {
    // A match inside is final only when it is exact or a regular expression; a longer prefix still yields to
    // the regular expressions out here.
    const Location* inside = found->nested.find(path, exchange);
    bool final_inside = inside != nullptr && inside->kind != Location::Kind::prefix;
    if (final_inside) return inside;
    bool final_prefix = found->kind == Location::Kind::prefix_final;
    if (inside != nullptr) found = inside;
    if (final_prefix) return found;
  }
  for (const Location* location : regexes_) {
    if (!location->regex->match(path, exchange)) continue;
    const Location* inside = location->nested.find(path, exchange);
    return inside != nullptr ? inside : location;
  }
  return found;
}

const Location* LocationTree::find_with_slash(std::string_view path) const {
  std::string longer = std::string(path) + "/";
  auto at = std::ranges::lower_bound(prefixes_, std::string_view(longer), {},
                                     [](const Prefix& p) { return std::string_view(p.location->text); });
  if (at == prefixes_.end() || at->location->text != longer || !at->location->redirects_to_slash)
    return nullptr;
  return at->location;
}

const Location* LocationTree::find_named(std::string_view name) const {
  auto found = named_.find(name);
  return found == named_.end() ? nullptr : found->second;
}

bool LimitExcept::lets(std::string_view method) const {
  if (std::ranges::find(methods, method) != methods.end()) return true;
  return method == "HEAD" && std::ranges::find(methods, "GET") != methods.end();
}

base::Result<std::unique_ptr<Location>> Location::parse(const conf::Directive& directive,
                                                        exchange::Builder& builder) {
  auto location = std::make_unique<Location>();
  std::string_view modifier;
  std::string_view text = directive.arg(0);
  if (directive.args.size() == 2) {
    modifier = text;
    text = directive.arg(1);
  } else if (text.starts_with('@')) {
    location->kind = Kind::named;
  } else if (!text.starts_with('/')) {
    // nginx takes "=/x", "~\.php$", "^~/x" without the space too.
    size_t length = text.starts_with("~*") || text.starts_with("^~") ? 2
                    : text.starts_with('~') || text.starts_with('=') ? 1
                                                                     : 0;
    modifier = text.substr(0, length);
    text.remove_prefix(length);
  }
  if (modifier == "=")
    location->kind = Kind::exact;
  else if (modifier == "^~")
    location->kind = Kind::prefix_final;
  else if (modifier == "~" || modifier == "~*")
    location->kind = Kind::regex;
  else if (!modifier.empty())
    return base::fail("invalid location modifier \"{}\"; it is =, ^~, ~ or ~*", modifier);
  if (text.empty()) return base::fail("the location is empty");
  location->text = std::string(text);
  if (location->kind == Kind::regex) {
    auto regex = exchange::Regex::compile(text, modifier == "~*", &builder.variables());
    if (!regex) return tl::unexpected(regex.error());
    location->regex = std::move(*regex);
  }
  return location;
}

}  // namespace proxy
