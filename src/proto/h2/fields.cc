#include "proto/h2/fields.h"

#include <array>
#include <string>

#include "base/text.h"
#include "http/syntax.h"

namespace h2 {
namespace {

constexpr size_t kNames = static_cast<size_t>(http::Name::count_);

constexpr auto kIsConnectionField = [] {
  std::array<bool, kNames> found{};
  for (http::Name name : {http::Name::connection, http::Name::keep_alive, http::Name::proxy_connection,
                          http::Name::transfer_encoding, http::Name::upgrade}) {
    found[static_cast<size_t>(name)] = true;
  }
  return found;
}();

const std::array<std::string, kNames>& lower_names() {
  static const std::array<std::string, kNames> kLower = [] {
    std::array<std::string, kNames> names;
    for (size_t i = 0; i < kNames; ++i)
      names[i] = base::lower(http::canonical_name(static_cast<http::Name>(i)));
    return names;
  }();
  return kLower;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view sendable(std::string_view value, base::Arena& arena) {
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  if (http::is_field_value(value)) return value;
  char* text = arena.chars(value.size());
  for (size_t i = 0; i < value.size(); ++i) text[i] = http::is(value[i], http::kControl) ? ' ' : value[i];
  return sendable({text, value.size()}, arena);
}

}  // namespace

bool is_connection_field(http::Name name) { return kIsConnectionField[static_cast<size_t>(name)]; }

std::string_view lower_name(const http::Field& field, base::Arena& arena) {
  if (field.id != http::Name::other) return lower_names()[static_cast<size_t>(field.id)];
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

nghttp2_nv line(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

void append(const http::Field& field, std::vector<nghttp2_nv>& lines, base::Arena& arena) {
  if (is_connection_field(field.id)) return;
  if (field.id == http::Name::other && !http::is_token(field.name)) return;
  lines.push_back(line(lower_name(field, arena), sendable(field.value, arena)));
}

void append(const http::Fields& fields, std::vector<nghttp2_nv>& lines, base::Arena& arena) {
  for (const http::Field& field : fields) append(field, lines, arena);
}

}  // namespace h2
