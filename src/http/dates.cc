#include "http/dates.h"

#include <array>

#include "base/text.h"

namespace http {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};

// Days since 1970 of a date of the Gregorian calendar: years are counted from March, so that the leap day is
// last.
int64_t days_since_1970(int64_t year, unsigned month, unsigned day) {
  if (month <= 2) year--;
  int64_t era = (year >= 0 ? year : year - 399) / 400;
  auto in_era = static_cast<unsigned>(year - era * 400);
  unsigned in_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
  unsigned days = in_era * 365 + in_era / 4 - in_era / 100 + in_year;
  return era * 146097 + static_cast<int64_t>(days) - 719468;
}

bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

unsigned days_in(unsigned month, int64_t year) {
  constexpr std::array<unsigned, 12> kDaysIn = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDaysIn[month - 1];
}

// Reads a date piece by piece; the first piece that does not fit fails the whole.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  void literal(std::string_view expected) {
    ok_ = ok_ && text_.substr(0, expected.size()) == expected;
    if (ok_) text_.remove_prefix(expected.size());
  }
  unsigned number(size_t digits) {
    unsigned value = 0;
    if (text_.size() < digits) ok_ = false;
    for (size_t i = 0; ok_ && i < digits; i++) {
      if (!base::is_digit(text_[i])) ok_ = false;
      value = value * 10 + static_cast<unsigned>(text_[i] - '0');
    }
    if (ok_) text_.remove_prefix(digits);
    return value;
  }
  unsigned month() {
    for (unsigned i = 0; i < kMonths.size(); i++) {
      if (text_.substr(0, 3) != kMonths[i]) continue;
      text_.remove_prefix(3);
      return i + 1;
    }
    ok_ = false;
    return 1;
  }
  /// "Sun" or "Sunday".
  void day_name(bool whole) {
    for (std::string_view day : kDays) {
      std::string_view expected = whole ? day : day.substr(0, 3);
      if (text_.substr(0, expected.size()) != expected) continue;
      text_.remove_prefix(expected.size());
      return;
    }
    ok_ = false;
  }
  int64_t time_of_day() {
    unsigned hour = number(2);
    literal(":");
    unsigned minute = number(2);
    literal(":");
    unsigned second = number(2);
    if (hour > 23 || minute > 59 || second > 60) ok_ = false;
    return int64_t{hour} * 3600 + minute * 60 + second;
  }
  bool done() const { return ok_ && text_.empty(); }
  bool ok() const { return ok_; }
  char next() const { return text_.empty() ? '\0' : text_[0]; }

 private:
  std::string_view text_;
  bool ok_ = true;
};

std::optional<int64_t> combine(const Reader& reader, int64_t year, unsigned month, unsigned day,
                               int64_t time) {
  if (!reader.done() || day < 1 || day > days_in(month, year)) return std::nullopt;
  return days_since_1970(year, month, day) * 86400 + time;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<int64_t> parse_imf(std::string_view text) {
  Reader in(text);
  in.day_name(false);
  in.literal(", ");
  unsigned day = in.number(2);
  in.literal(" ");
  unsigned month = in.month();
  in.literal(" ");
  int64_t year = in.number(4);
  in.literal(" ");
  int64_t time = in.time_of_day();
  in.literal(" GMT");
  return combine(in, year, month, day, time);
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<int64_t> parse_rfc850(std::string_view text, int64_t now) {
  Reader in(text);
  in.day_name(true);
  in.literal(", ");
  unsigned day = in.number(2);
  in.literal("-");
  unsigned month = in.month();
  in.literal("-");
  int64_t short_year = in.number(2);
  in.literal(" ");
  int64_t time = in.time_of_day();
  in.literal(" GMT");

  int64_t this_year = 1970 + now / 31556952;
  int64_t year = this_year / 100 * 100 + short_year;
  if (year > this_year + 50) year -= 100;
  if (year <= this_year - 50) year += 100;
  return combine(in, year, month, day, time);
}

// "Sun Nov  6 08:49:37 1994"
std::optional<int64_t> parse_asctime(std::string_view text) {
  Reader in(text);
  in.day_name(false);
  in.literal(" ");
  unsigned month = in.month();
  in.literal(" ");
  bool padded = in.next() == ' ';
  if (padded) in.literal(" ");
  unsigned day = in.number(padded ? 1 : 2);
  in.literal(" ");
  int64_t time = in.time_of_day();
  in.literal(" ");
  int64_t year = in.number(4);
  return combine(in, year, month, day, time);
}

}  // namespace

std::optional<int64_t> parse_date(std::string_view text, int64_t now) {
  if (text.size() < 24) return std::nullopt;
  if (text[3] == ',') return parse_imf(text);
  if (text[3] == ' ') return parse_asctime(text);
  return parse_rfc850(text, now);
}

}  // namespace http
