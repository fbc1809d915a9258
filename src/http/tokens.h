// Comma-separated lists of tokens, as Connection, Vary and Transfer-Encoding hold (RFC 9110 §5.6.1).
#pragma once

#include <string_view>

#include "base/text.h"
#include "http/fields.h"

namespace http {

/// Whether the list names `token`, ASCII case ignored.
inline bool list_has(std::string_view list, std::string_view token) {
  bool found = false;
  base::split(list, ',', [&](std::string_view part) { found |= base::equals_ignoring_case(part, token); });
  return found;
}

/// Whether any field line of that name lists `token`.
inline bool list_has(const Fields& fields, Name name, std::string_view token) {
  if (!fields.has(name)) return false;
  for (const Field& field : fields) {
    if (field.id == name && list_has(field.value, token)) return true;
  }
  return false;
}

}  // namespace http
