#include "exchange/field_variable.h"

#include "base/text.h"

namespace exchange {
namespace {

constexpr size_t kLongestKnown = 32;

/// The known field of that name, so that the absence of one costs a bit test.
http::Name known_name(std::string_view name) {
  if (name.size() > kLongestKnown) return http::Name::other;
  char dashed[kLongestKnown];
  for (size_t i = 0; i < name.size(); ++i) dashed[i] = name[i] == '_' ? '-' : name[i];
  return http::find_name({dashed, name.size()});
}

bool is_named(std::string_view field, std::string_view name) {
  if (field.size() != name.size()) return false;
  for (size_t i = 0; i < field.size(); ++i) {
    char c = base::to_lower(field[i]);
    if ((c == '-' ? '_' : c) != name[i]) return false;
  }
  return true;
}

}  // namespace

Value field_variable(const http::Fields& fields, std::string_view name) {
  http::Name id = known_name(name);
  if (id != http::Name::other && !fields.has(id)) return Value::none();
  std::string_view joined;
  bool found = false;
  std::string_view separator = id == http::Name::cookie ? "; " : ", ";
  for (const http::Field& field : fields) {
    if (field.id != id || (id == http::Name::other && !is_named(field.name, name))) continue;
    joined = found ? fields.arena().join(joined, separator, field.value) : field.value;
    found = true;
  }
  return {joined, found};
}

}  // namespace exchange
