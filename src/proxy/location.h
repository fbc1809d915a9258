// The locations of one server, and which of them a path belongs to (nginx's rules: exact, then the longest
// prefix, then regular expressions in the order of the file unless the prefix says "^~"; nested ones inside).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "conf/tree.h"
#include "exchange/exchange.h"
#include "exchange/regex.h"
#include "proxy/rewrite.h"

namespace proxy {

struct Location;

class LocationTree {
 public:
  LocationTree();
  ~LocationTree();

  /// Errors: the same location twice.
  base::Result<void> add(std::unique_ptr<Location> location);
  /// Sorts; call once, after the last add().
  void finish();

  /// The location for `path`; null when none matches (the server's own level answers). A regular expression
  /// that matches sets the exchange's captures.
  const Location* find(std::string_view path, exchange::Exchange& exchange) const;
  /// "/dir/" when only it exists and "/dir" was asked for and its location redirects (nginx: proxy_pass and
  /// others).
  const Location* find_with_slash(std::string_view path) const;
  const Location* find_named(std::string_view name) const;
  bool empty() const { return exact_.empty() && prefixes_.empty() && regexes_.empty(); }

 private:
  struct Prefix {
    const Location* location;
    int shorter;  // index of the longest prefix that is a prefix of this one; -1: none
  };
  const Location* find_prefix(std::string_view path) const;

  std::vector<std::unique_ptr<Location>> all_;
  std::unordered_map<std::string_view, const Location*> exact_;
  std::vector<Prefix> prefixes_;  // sorted by text
  std::vector<const Location*> regexes_;
  std::unordered_map<std::string_view, const Location*> named_;
};

/// `limit_except METHOD …`: other methods take another route.
struct LimitExcept {
  std::vector<std::string> methods;
  const exchange::Route* route = nullptr;
  bool lets(std::string_view method) const;
};

struct Location {
  enum class Kind : uint8_t { prefix, prefix_final, exact, regex, named };

  Kind kind = Kind::prefix;
  std::string text;  ///< the prefix, path or name; for a regex its pattern
  std::shared_ptr<const exchange::Regex> regex;
  const exchange::Route* route = nullptr;
  Rewrites rewrites;
  std::unique_ptr<LimitExcept> limit_except;
  LocationTree nested;
  bool redirects_to_slash = false;

  /// `location [ = | ~ | ~* | ^~ ] uri` or `location @name`.
  static base::Result<std::unique_ptr<Location>> parse(const conf::Directive& directive,
                                                       exchange::Builder& builder);
};

}  // namespace proxy
