#include "cache/stored_head.h"

#include "cache/policy.h"
#include "cache/stored_marks.h"

namespace cache {

namespace {

void put_number(std::string& out, size_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> (8 * i) & 0xff));
}

bool take_number(std::string_view& in, int bytes, size_t& number) {
  if (in.size() < static_cast<size_t>(bytes)) return false;
  number = 0;
  for (int i = 0; i < bytes; ++i) number |= static_cast<size_t>(static_cast<unsigned char>(in[i])) << (8 * i);
  in.remove_prefix(static_cast<size_t>(bytes));
  return true;
}

bool take_text(std::string_view& in, size_t size, std::string_view& text) {
  if (in.size() < size) return false;
  text = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

}  // namespace

std::string write_stored_head(const http::Fields& fields, const http::CacheControl& control) {
  std::string out;
  out.reserve(512);
  for (const http::Field& field : fields) {
    if (!is_stored_field(field, fields, control)) continue;
    if (field.name.size() > 0xffff || field.value.size() > 0xffffff) continue;
    // A name written otherwise than we would ("etag") goes back to the client as it came.
    bool known = field.id != http::Name::other && field.name == http::canonical_name(field.id);
    out.push_back(static_cast<char>(known ? field.id : http::Name::other));
    if (!known) {
      put_number(out, field.name.size(), 2);
      out.append(field.name);
    }
    put_number(out, field.value.size(), 3);
    out.append(field.value);
  }
  return out;
}

bool read_stored_head(std::string_view stored, http::Fields& out) {
  stored = skip_stored_marks(stored);
  while (!stored.empty()) {
    http::Field field;
    size_t number = 0;
    take_number(stored, 1, number);
    if (number == kHeadPadding) return true;
    if (number >= static_cast<size_t>(http::Name::count_)) return false;
    field.id = static_cast<http::Name>(number);
    if (field.id == http::Name::other) {
      if (!take_number(stored, 2, number) || !take_text(stored, number, field.name)) return false;
      field.id = http::find_name(field.name);
    } else {
      field.name = http::canonical_name(field.id);
    }
    if (!take_number(stored, 3, number) || !take_text(stored, number, field.value)) return false;
    out.add(field);
  }
  return true;
}

}  // namespace cache
