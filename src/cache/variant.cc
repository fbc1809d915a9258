#include "cache/variant.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace cache {

namespace {

constexpr char kEndOfPart = '\x01';  // in no field value
constexpr char kEndOfField = '\x02';

/// Values of Accept-Encoding that mean the same are one (RFC 9111 §4.1 allows that): a list without order
/// whose members are compared ignoring case; q=1 is what is meant without q (RFC 9110 §12.4.2, §12.5.3),
/// x-gzip is gzip (§8.4.1.3).
std::string normalised_codings(const http::Fields& request) {
  std::vector<std::string> codings;
  for (const http::Field& field : request) {
    if (field.id != http::Name::accept_encoding) continue;
    base::split(field.value, ',', [&codings](std::string_view part) {
      std::string coding;
      for (char c : base::lower(part)) {
        if (c != ' ' && c != '\t') coding.push_back(c);
      }
      size_t weight = coding.find(";q=1");
      if (weight != std::string::npos && coding.find_first_not_of(".0", weight + 4) == std::string::npos)
        coding.resize(weight);
      if (coding.starts_with("x-gzip")) coding.erase(0, 2);
      if (!coding.empty()) codings.push_back(std::move(coding));
    });
  }
  std::sort(codings.begin(), codings.end());
  codings.erase(std::unique(codings.begin(), codings.end()), codings.end());
  return fmt::format("{}", fmt::join(codings, ","));
}

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
    if (name == "accept-encoding") {
      if (request.has(http::Name::accept_encoding)) text.append(":").append(normalised_codings(request));
      text.push_back(kEndOfField);
      return;
    }
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
