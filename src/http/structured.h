// Structured field values (RFC 9651): items, lists and dictionaries, as Cache-Status, CDN-Cache-Control,
// Priority and Proxy-Status are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace http::structured {

struct Token {
  std::string text;
  friend bool operator==(const Token&, const Token&) = default;
};
struct Bytes {
  std::string bytes;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};
struct Date {
  int64_t seconds = 0;
  friend bool operator==(const Date&, const Date&) = default;
};
/// A decimal: `thousandths` / 1000 (RFC 9651 §3.3.2).
struct Decimal {
  int64_t thousandths = 0;
  friend bool operator==(const Decimal&, const Decimal&) = default;
};

using Value = std::variant<bool, int64_t, Decimal, std::string, Token, Bytes, Date>;
using Parameters = std::vector<std::pair<std::string, Value>>;

struct Item {
  Value value = true;
  Parameters parameters;

  /// The parameter of that name, or null.
  const Value* find(std::string_view name) const;
};

/// An item, or an inner list of items with parameters of its own.
struct Member {
  Item item;  ///< its parameters belong to the inner list when there is one
  std::optional<std::vector<Item>> list;
};

using List = std::vector<Member>;
using Dictionary = std::vector<std::pair<std::string, Member>>;

/// RFC 9651 §4.2: strict; nullopt fails the whole field. Several field lines are joined with "," before.
std::optional<Item> parse_item(std::string_view text);
std::optional<List> parse_list(std::string_view text);
std::optional<Dictionary> parse_dictionary(std::string_view text);

/// The last member of that name, or null.
const Member* find(const Dictionary& dictionary, std::string_view name);

/// RFC 9651 §4.1; what cannot be written (a control character in a string) is left out.
std::string print(const Value& value);
std::string print(const Item& item);
std::string print(const List& list);
std::string print(const Dictionary& dictionary);

}  // namespace http::structured
