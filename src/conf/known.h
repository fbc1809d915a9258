// The names of directives that nginx 1.30 has, for those that no row of ours declares. A row always wins over
// these.
#pragma once

#include <cstdint>
#include <string_view>

namespace conf {

enum class KnownTo : uint8_t {
  nobody,   ///< not a directive of nginx either
  ignored,  ///< nginx's, and it cannot change what a proxy answers: accepted with a notice
  nginx,    ///< nginx's, and not built here: refused by name
};

/// What nginx makes of a directive called `name`.
KnownTo known_to(std::string_view name);

}  // namespace conf
