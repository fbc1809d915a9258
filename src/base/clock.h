// The time of one loop turn. The loop calls update() once a turn, so reading it costs nothing; tests advance
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/units.h"

namespace base {

/// Milliseconds on the monotonic clock: for time limits. Comparable only with values of the same machine
/// boot.
using MonoTime = int64_t;
/// Milliseconds since 1970 UTC: for dates.
using WallTime = int64_t;

class Clock {
 public:
  Clock() { update(); }

  /// Reads the system's clocks; what advance() and set_wall() added stays added. A test that wants time to
  /// stand still does not call it.
  void update();
  /// Moves both clocks: for tests, and never in a running process.
  void advance(Duration by);
  void set_wall(WallTime wall);

  MonoTime now() const { return mono_; }
  WallTime wall() const { return wall_; }
  int64_t wall_seconds() const { return wall_ / 1000; }

  /// "Sun, 06 Nov 1994 08:49:37 GMT", the preferred form of RFC 9110 §5.6.7; made once a second.
  std::string_view http_date() const;
  /// "06/Nov/1994:08:49:37 +0000" in local time, as $time_local.
  std::string_view local_time() const;
  /// "1994-11-06T08:49:37+00:00" in local time, as $time_iso8601.
  std::string_view iso_time() const;
  /// "1994/11/06 08:49:37" in local time, as the error log.
  std::string_view log_time() const;

 private:
  void format() const;

  MonoTime mono_ = 0;
  WallTime wall_ = 0;
  int64_t mono_ahead_ = 0;  // what tests added to the system's clocks
  int64_t wall_ahead_ = 0;
  mutable int64_t formatted_second_ = -1;
  mutable char http_date_[32] = {};
  mutable char local_time_[32] = {};
  mutable char iso_time_[32] = {};
  mutable char log_time_[32] = {};
};

/// Writes the RFC 9110 §5.6.7 form of a time in seconds since 1970; `out` holds at least 30 bytes.
/// Returns 29.
size_t format_http_date(int64_t seconds_since_1970, char* out);

}  // namespace base
