#include "conf/setters.h"

#include <limits>

#include "base/text.h"

namespace conf::detail {

base::Result<bool> parse_flag(std::string_view text) {
  if (base::equals_ignoring_case(text, "on")) return true;
  if (base::equals_ignoring_case(text, "off")) return false;
  return base::fail("invalid value \"{}\", it must be on or off", text);
}

base::Result<int64_t> parse_number(std::string_view text) {
  bool negative = text.starts_with('-');
  std::optional<uint64_t> digits = base::parse_uint(text.substr(negative ? 1 : 0));
  if (!digits) return base::fail("invalid number \"{}\"", text);
  if (*digits > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return base::fail("value \"{}\" is out of range", text);
  }
  int64_t number = static_cast<int64_t>(*digits);
  return negative ? -number : number;
}

}  // namespace conf::detail
