#include "base/clock.h"

#include <ctime>

#include "base/check.h"

namespace base {

namespace {

constexpr char kDays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr char kMonths[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

int64_t read_milliseconds(clockid_t clock) {
  timespec time = {};
  PC_CHECK(clock_gettime(clock, &time) == 0);
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1000000;
}

char* put_number(char* out, int value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + digits;
}

char* put_text(char* out, const char* text) {
  while (*text != 0) *out++ = *text++;
  return out;
}

char* put_hms(char* out, const tm& time) {
  out = put_number(out, time.tm_hour, 2);
  *out++ = ':';
  out = put_number(out, time.tm_min, 2);
  *out++ = ':';
  return put_number(out, time.tm_sec, 2);
}

char* put_ymd(char* out, const tm& time, char separator) {
  out = put_number(out, time.tm_year + 1900, 4);
  *out++ = separator;
  out = put_number(out, time.tm_mon + 1, 2);
  *out++ = separator;
  return put_number(out, time.tm_mday, 2);
}

// "+0100", or "+01:00" with a separator.
char* put_zone(char* out, const tm& time, bool colon) {
  long minutes_east = time.tm_gmtoff / 60;
  *out++ = minutes_east < 0 ? '-' : '+';
  if (minutes_east < 0) minutes_east = -minutes_east;
  out = put_number(out, static_cast<int>(minutes_east / 60), 2);
  if (colon) *out++ = ':';
  return put_number(out, static_cast<int>(minutes_east % 60), 2);
}

}  // namespace

void Clock::update() {
  mono_ = read_milliseconds(CLOCK_MONOTONIC) + mono_ahead_;
  wall_ = read_milliseconds(CLOCK_REALTIME) + wall_ahead_;
}

void Clock::advance(Duration by) {
  mono_ += by.count();
  mono_ahead_ += by.count();
  wall_ += by.count();
  wall_ahead_ += by.count();
}

void Clock::set_wall(WallTime wall) {
  wall_ahead_ += wall - wall_;
  wall_ = wall;
}

std::string_view Clock::http_date() const {
  format();
  return http_date_;
}

std::string_view Clock::local_time() const {
  format();
  return local_time_;
}

std::string_view Clock::iso_time() const {
  format();
  return iso_time_;
}

std::string_view Clock::log_time() const {
  format();
  return log_time_;
}

void Clock::format() const {
  if (formatted_second_ == wall_seconds()) return;
  formatted_second_ = wall_seconds();
  http_date_[format_http_date(formatted_second_, http_date_)] = 0;

  time_t seconds_since_1970 = formatted_second_;
  tm time = {};
  localtime_r(&seconds_since_1970, &time);

  char* out = put_number(local_time_, time.tm_mday, 2);
  *out++ = '/';
  out = put_text(out, kMonths[time.tm_mon]);
  *out++ = '/';
  out = put_number(out, time.tm_year + 1900, 4);
  *out++ = ':';
  out = put_hms(out, time);
  *out++ = ' ';
  *put_zone(out, time, false) = 0;

  out = put_ymd(iso_time_, time, '-');
  *out++ = 'T';
  out = put_hms(out, time);
  *put_zone(out, time, true) = 0;

  out = put_ymd(log_time_, time, '/');
  *out++ = ' ';
  *put_hms(out, time) = 0;
}

size_t format_http_date(int64_t seconds_since_1970, char* out) {
  // Four digits of year are all the form has room for.
  constexpr int64_t kYear10000 = 253402300800;
  if (seconds_since_1970 < 0) seconds_since_1970 = 0;
  if (seconds_since_1970 >= kYear10000) seconds_since_1970 = kYear10000 - 1;
  time_t seconds_value = seconds_since_1970;
  tm time = {};
  gmtime_r(&seconds_value, &time);

  char* end = put_text(out, kDays[time.tm_wday]);
  end = put_text(end, ", ");
  end = put_number(end, time.tm_mday, 2);
  *end++ = ' ';
  end = put_text(end, kMonths[time.tm_mon]);
  *end++ = ' ';
  end = put_number(end, time.tm_year + 1900, 4);
  *end++ = ' ';
  end = put_hms(end, time);
  end = put_text(end, " GMT");
  return static_cast<size_t>(end - out);
}

}  // namespace base
