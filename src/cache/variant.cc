#include "cache/variant.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace cache {

namespace {

constexpr char kEndOfPart = '\x01';  // in no field value
constexpr char kEndOfField = '\x02';

}  // namespace

std::string vary_list(const http::Fields& response) {
  if (!response.has(http::Name::vary)) return {};
  std::vector<std::string> names;
  for (const http::Field& field : response) {
    if (field.id != http::Name::vary) continue;
    base::split(field.value, ',', [&names](std::string_view name) { names.push_back(base::lower(name)); });
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return fmt::format("{}", fmt::join(names, ","));
}

base::Digest variant_digest(const base::Digest& key, uint64_t salt, std::string_view list,
                            const http::Fields& request) {
  std::string text;
  text.append(reinterpret_cast<const char*>(&key), sizeof key);
  text.append(reinterpret_cast<const char*>(&salt), sizeof salt);
  base::split(list, ',', [&](std::string_view name) {
    text.append(name);
    bool present = false;
    for (const http::Field& field : request) {
      if (!base::equals_ignoring_case(field.name, name)) continue;
      // An empty field is not an absent one.
      if (!present) text.push_back(':');
      present = true;
      base::split(field.value, ',', [&text](std::string_view part) {
        text.append(part);
        text.push_back(kEndOfPart);
      });
    }
    text.push_back(kEndOfField);
  });
  return base::digest128(text, salt);
}

}  // namespace cache
