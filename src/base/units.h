// Sizes and times as the configuration writes them: 4k, 1m, 30s, 1h 30m.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace base {

/// A length of time. nginx counts milliseconds; so do we.
using Duration = std::chrono::milliseconds;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Bytes: digits and an optional k, m or g (either case). Errors: empty, unknown unit, above 2^63-1.
Result<uint64_t> parse_size(std::string_view text);

/// A time: nginx's grammar `1y 2M 3w 4d 5h 6m 7s 8ms`, units in falling order, spaces allowed between; a bare
/// number is seconds. Errors: empty, unknown or repeated unit, overflow.
Result<Duration> parse_duration(std::string_view text);

std::string print_size(uint64_t bytes);
std::string print_duration(Duration duration);

}  // namespace base
