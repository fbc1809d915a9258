#include "base/units.h"

#include <limits>

#include "base/text.h"

namespace base {
namespace {

constexpr uint64_t kMaxSize = std::numeric_limits<int64_t>::max();

struct SizeUnit {
  char letter;
  uint64_t bytes;
};
constexpr SizeUnit kSizeUnits[] = {
    {'g', uint64_t{1} << 30}, {'m', uint64_t{1} << 20}, {'k', uint64_t{1} << 10}};

struct TimeUnit {
  std::string_view name;
  int64_t milliseconds;
};
constexpr int64_t kDay = int64_t{24} * 3600 * 1000;
constexpr TimeUnit kTimeUnits[] = {{"y", 365 * kDay}, {"M", 30 * kDay}, {"w", 7 * kDay}, {"d", kDay},
                                   {"h", 3600'000},   {"m", 60'000},    {"s", 1000},     {"ms", 1}};
constexpr size_t kSecondUnit = 6;
constexpr size_t kFirstPrintedUnit = 3;  // years and months are not exact, and weeks are rarely written

// The unit that `text` starts with, a length in the table when none: "ms" before "m".
size_t unit_at(std::string_view text) {
  if (text.starts_with("ms")) return std::size(kTimeUnits) - 1;
  for (size_t i = 0; i < std::size(kTimeUnits); ++i) {
    if (text.starts_with(kTimeUnits[i].name)) return i;
  }
  return std::size(kTimeUnits);
}

}  // namespace

Result<uint64_t> parse_size(std::string_view text) {
  uint64_t scale = 1;
  std::string_view digits = text;
  for (const SizeUnit& unit : kSizeUnits) {
    if (text.empty() || to_lower(text.back()) != unit.letter) continue;
    scale = unit.bytes;
    digits.remove_suffix(1);
  }
  std::optional<uint64_t> count = parse_uint(digits);
  uint64_t bytes = 0;
  if (!count) return fail("invalid size \"{}\"", text);
  if (__builtin_mul_overflow(*count, scale, &bytes) || bytes > kMaxSize)
    return fail("size \"{}\" is too large", text);
  return bytes;
}

Result<Duration> parse_duration(std::string_view text) {
  int64_t total = 0;
  size_t smallest = 0;  // the units from here on may still come
  std::string_view rest = text;
  do {
    size_t length = 0;
    while (length < rest.size() && is_digit(rest[length])) ++length;
    if (length == 0) return fail("invalid time \"{}\"", text);
    std::optional<uint64_t> count = parse_uint(rest.substr(0, length));
    rest.remove_prefix(length);
    std::string_view after_space = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
    size_t unit = after_space.empty() ? kSecondUnit : unit_at(rest);
    if (unit == std::size(kTimeUnits)) return fail("invalid time \"{}\"", text);
    if (unit < smallest)
      return fail("invalid time \"{}\": each unit once, the larger before the smaller", text);
    smallest = unit + 1;
    if (!after_space.empty()) rest.remove_prefix(kTimeUnits[unit].name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    int64_t part = 0;
    if (!count || __builtin_mul_overflow(*count, kTimeUnits[unit].milliseconds, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return fail("time \"{}\" is too long", text);
    }
  } while (!rest.empty());
  return Duration(total);
}

std::string print_size(uint64_t bytes) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (bytes >= unit.bytes && bytes % unit.bytes == 0)
      return fmt::format("{}{}", bytes / unit.bytes, unit.letter);
  }
  return fmt::format("{}", bytes);
}

std::string print_duration(Duration duration) {
  int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string text;
  if (left < 0) {
    text = "-";
    left = left == std::numeric_limits<int64_t>::min() ? std::numeric_limits<int64_t>::max() : -left;
  }
  for (size_t i = kFirstPrintedUnit; i < std::size(kTimeUnits); ++i) {
    int64_t count = left / kTimeUnits[i].milliseconds;
    left %= kTimeUnits[i].milliseconds;
    if (count > 0) text += fmt::format("{}{}", count, kTimeUnits[i].name);
  }
  return text;
}

}  // namespace base
