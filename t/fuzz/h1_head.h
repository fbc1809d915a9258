// What the head fuzzers share: a head is parsed whole and cut, and both must agree.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "proto/h1/parser.h"

namespace fuzz {

inline std::string outcome(h1::Parser::Kind kind, const std::string& head, size_t step) {
  base::Arena arena;
  http::Fields fields(arena);
  http::HeadLimits names;
  h1::Parser parser(kind, h1::ParserLimits{200, 600, 8}, names, fields);
  std::unique_ptr<char[]> data;
  h1::Parsed parsed = h1::Parsed::more;
  for (size_t size = 0; parsed == h1::Parsed::more && size < head.size();) {
    size = std::min(size + step, head.size());
    // Memory of exactly that size, so that the sanitizer sees every byte read too far.
    std::unique_ptr<char[]> moved(new char[size]);
    std::memcpy(moved.get(), head.data(), size);
    parser.moved(data.get(), moved.get());
    data = std::move(moved);
    parsed = parser.parse(data.get(), size);
  }
  std::string text = std::to_string(static_cast<int>(parsed));
  if (parsed == h1::Parsed::bad) return text + ":" + std::to_string(parser.status());
  if (parsed == h1::Parsed::more) return text;
  text += ":" + std::to_string(parser.size());
  for (const http::Field& field : fields) {
    text += "\n" + std::string(field.name) + "=" + std::string(field.value);
  }
  return text;
}

inline void check_head(h1::Parser::Kind kind, const std::string& head, uint8_t seed) {
  std::string whole = outcome(kind, head, head.size() + 1);
  if (outcome(kind, head, 1) != whole) __builtin_trap();
  if (outcome(kind, head, size_t{2} + seed) != whole) __builtin_trap();
}

}  // namespace fuzz
