// Which location a path belongs to. Without regular expressions, which need an exchange: t/http covers those.
#include "proxy/location.h"

#include <criterion/criterion.h>

using proxy::Location;
using proxy::LocationTree;

namespace {

std::unique_ptr<Location> prefix(std::string text, Location::Kind kind = Location::Kind::prefix) {
  auto location = std::make_unique<Location>();
  location->kind = kind;
  location->text = std::move(text);
  return location;
}

// No regular expression is tried in these tests, so the exchange is never looked at.
exchange::Exchange& nobody() {
  alignas(16) static char bytes[16];
  return *reinterpret_cast<exchange::Exchange*>(bytes);
}

std::string found(const LocationTree& tree, std::string_view path) {
  const Location* location = tree.find(path, nobody());
  return location == nullptr ? "(none)" : location->text;
}

}  // namespace

Test(location, longest_prefix_wins_whatever_the_order) {
  LocationTree tree;
  for (const char* text : {"/", "/images/", "/images/big/", "/im", "/a/b/c", "/zoo"}) {
    cr_assert(tree.add(prefix(text)).has_value());
  }
  tree.finish();
  cr_assert_eq(found(tree, "/images/big/x.png"), "/images/big/");
  cr_assert_eq(found(tree, "/images/bi"), "/images/");
  cr_assert_eq(found(tree, "/imagine"), "/im");
  cr_assert_eq(found(tree, "/a/b/d"), "/");
  cr_assert_eq(found(tree, "/zz"), "/");
  cr_assert_eq(found(tree, "/"), "/");
}

Test(location, prefix_search_agrees_with_a_plain_scan) {
  LocationTree tree;
  std::vector<std::string> texts;
  unsigned state = 7;
  auto random = [&](unsigned n) { return (state = state * 1103515245 + 12345) / 65536 % n; };
  for (int i = 0; i < 300; ++i) {
    std::string text = "/";
    for (unsigned length = random(7); length > 0; --length) text += "ab/"[random(3)];
    if (tree.add(prefix(text)).has_value()) texts.push_back(text);
  }
  tree.finish();
  for (int i = 0; i < 5000; ++i) {
    std::string path = "/";
    for (unsigned length = random(10); length > 0; --length) path += "ab/c"[random(4)];
    std::string expected = "(none)";
    for (const std::string& text : texts) {
      bool better = path.starts_with(text) && (expected == "(none)" || text.size() > expected.size());
      if (better) expected = text;
    }
    cr_assert_eq(found(tree, path), expected, "%s: %s, not %s", path.c_str(), found(tree, path).c_str(),
                 expected.c_str());
  }
}

Test(location, exact_wins_over_the_same_prefix) {
  LocationTree tree;
  auto exact = prefix("/a", Location::Kind::exact);
  const Location* wanted = exact.get();
  cr_assert(tree.add(std::move(exact)).has_value());
  cr_assert(tree.add(prefix("/a")).has_value());
  tree.finish();
  cr_assert_eq(tree.find("/a", nobody()), wanted);
  cr_assert_neq(tree.find("/ab", nobody()), wanted);
}

Test(location, the_same_location_twice_is_refused) {
  LocationTree tree;
  cr_assert(tree.add(prefix("/a")).has_value());
  cr_assert_not(tree.add(prefix("/a")).has_value());
}

Test(location, nested_prefix_is_found_inside) {
  LocationTree tree;
  auto outer = prefix("/outer/");
  cr_assert(outer->nested.add(prefix("/outer/inner/")).has_value());
  outer->nested.finish();
  cr_assert(tree.add(std::move(outer)).has_value());
  tree.finish();
  cr_assert_eq(found(tree, "/outer/inner/x"), "/outer/inner/");
  cr_assert_eq(found(tree, "/outer/x"), "/outer/");
  cr_assert_eq(found(tree, "/x"), "(none)");
}

Test(location, missing_slash_redirects_only_where_the_location_says_so) {
  LocationTree tree;
  auto redirecting = prefix("/app/");
  redirecting->redirects_to_slash = true;
  cr_assert(tree.add(std::move(redirecting)).has_value());
  cr_assert(tree.add(prefix("/files/")).has_value());
  tree.finish();
  cr_assert_not_null(tree.find_with_slash("/app"));
  cr_assert_null(tree.find_with_slash("/files"));
  cr_assert_null(tree.find_with_slash("/ap"));
}
