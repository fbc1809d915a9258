#include "http/wire_fields.h"

#include <array>
#include <string>

#include "base/text.h"
#include "http/syntax.h"

namespace http {
namespace {

constexpr size_t kNames = static_cast<size_t>(Name::count_);

constexpr auto kIsConnectionField = [] {
  std::array<bool, kNames> found{};
  for (Name name :
       {Name::connection, Name::keep_alive, Name::proxy_connection, Name::transfer_encoding, Name::upgrade}) {
    found[static_cast<size_t>(name)] = true;
  }
  return found;
}();

const std::array<std::string, kNames>& lower_names() {
  static const std::array<std::string, kNames> kLower = [] {
    std::array<std::string, kNames> names;
    for (size_t i = 0; i < kNames; ++i) names[i] = base::lower(canonical_name(static_cast<Name>(i)));
    return names;
  }();
  return kLower;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

bool is_connection_field(Name name) { return kIsConnectionField[static_cast<size_t>(name)]; }

bool is_sendable(const Field& field) {
  return !is_connection_field(field.id) && (field.id != Name::other || is_token(field.name));
}

std::string_view lower_name(const Field& field, base::Arena& arena) {
  if (field.id != Name::other) return lower_names()[static_cast<size_t>(field.id)];
  size_t first = 0;
  while (first < field.name.size() && !is_upper(field.name[first])) ++first;
  if (first == field.name.size()) return field.name;
  char* text = arena.chars(field.name.size());
  for (size_t i = 0; i < field.name.size(); ++i) {
    char c = field.name[i];
    text[i] = is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return {text, field.name.size()};
}

std::string_view sendable_value(std::string_view value, base::Arena& arena) {
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  if (is_field_value(value)) return value;
  char* text = arena.chars(value.size());
  for (size_t i = 0; i < value.size(); ++i) text[i] = is(value[i], kControl) ? ' ' : value[i];
  return sendable_value({text, value.size()}, arena);
}

}  // namespace http
