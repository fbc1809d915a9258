#include "t/unit/model/fields.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <set>

namespace model {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return std::string(text);
}

std::vector<std::string> members(std::string_view list) {
  std::vector<std::string> out;
  std::string member;
  bool quoted = false;
  for (char c : list) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) {
      out.push_back(trim(member));
      member.clear();
    } else {
      member.push_back(c);
    }
  }
  out.push_back(trim(member));
  std::erase(out, "");
  return out;
}

std::optional<std::string> get(const Fields& fields, std::string_view name) {
  std::optional<std::string> out;
  for (const auto& [key, value] : fields) {
    if (lower(key) != lower(name)) continue;
    out = out ? *out + ", " + value : value;
  }
  return out;
}

void remove(Fields& fields, std::string_view name) {
  std::erase_if(fields, [&](const auto& field) { return lower(field.first) == lower(name); });
}

namespace {
constexpr const char* kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
}  // namespace

std::optional<int64_t> read_date(std::string_view view) {
  std::string text(view);
  char month[4] = {};
  char day_name[12] = {};
  tm at{};
  int year = 0;
  bool known = std::sscanf(text.c_str(), "%11[A-Za-z], %2d %3s %4d %2d:%2d:%2d GMT", day_name, &at.tm_mday,
                           month, &year, &at.tm_hour, &at.tm_min, &at.tm_sec) == 7;
  if (!known) {
    known = std::sscanf(text.c_str(), "%11[A-Za-z], %2d-%3s-%2d %2d:%2d:%2d GMT", day_name, &at.tm_mday,
                        month, &year, &at.tm_hour, &at.tm_min, &at.tm_sec) == 7;
    if (known) year += year < 70 ? 2000 : 1900;
  }
  if (!known) {
    known = std::sscanf(text.c_str(), "%3s %3s %2d %2d:%2d:%2d %4d", day_name, month, &at.tm_mday,
                        &at.tm_hour, &at.tm_min, &at.tm_sec, &year) == 7;
  }
  const char* place = known ? std::strstr(kMonths, month) : nullptr;
  if (place == nullptr || std::strlen(month) != 3) return std::nullopt;
  at.tm_mon = static_cast<int>(place - kMonths) / 3;
  at.tm_year = year - 1900;
  return timegm(&at);
}

std::string write_date(int64_t seconds) {
  time_t when = seconds;
  tm at{};
  gmtime_r(&when, &at);
  char text[40];
  std::snprintf(text, sizeof text, "%s, %02d %.3s %04d %02d:%02d:%02d GMT", kDays[at.tm_wday], at.tm_mday,
                kMonths + 3 * at.tm_mon, at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
  return text;
}

Directives directives(const Fields& fields, std::string_view name) {
  Directives out;
  std::optional<std::string> value = get(fields, name);
  if (!value) return out;
  for (const std::string& member : members(*value)) {
    size_t equals = member.find('=');
    std::string argument = equals == std::string::npos ? "" : member.substr(equals + 1);
    if (argument.size() > 1 && argument.front() == '"') argument = argument.substr(1, argument.size() - 2);
    out[lower(member.substr(0, equals))].push_back(argument);
  }
  return out;
}

Directives response_directives(const Fields& fields, bool& targeted) {
  targeted = false;
  std::optional<std::string> own = get(fields, "CDN-Cache-Control");
  // Of the forms that are tried here the unsound one begins with "=" (RFC 9213 §2.1, RFC 8941 §4.2.2).
  if (own && !own->empty() && own->front() != '=') {
    targeted = true;
    return directives(fields, "CDN-Cache-Control");
  }
  return directives(fields, "Cache-Control");
}

namespace {
std::optional<int64_t> read_number(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  // §1.2.2: too large a number is 2^31 or as large as can be.
  return text.size() > 9 ? int64_t{1} << 31 : std::stoll(text);
}
}  // namespace

std::vector<int64_t> seconds(const std::vector<std::string>& arguments) {
  std::set<int64_t> out = {read_number(arguments.front()).value_or(0)};
  for (const std::string& argument : arguments) {
    if (argument != arguments.front()) out.insert(0);
  }
  return {out.begin(), out.end()};
}

std::optional<int64_t> number(const Directives& of, const std::string& name) {
  auto found = of.find(name);
  if (found == of.end()) return std::nullopt;
  return read_number(found->second.front());
}

bool is_heuristically_cacheable(int status) {
  static const std::set<int> kStatus = {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501};
  return kStatus.contains(status);
}

bool is_understood(int status) { return status != 599 && status != 299; }

bool lists_tag(std::string_view list, std::string_view tag) {
  auto opaque = [](std::string_view text) { return text.starts_with("W/") ? text.substr(2) : text; };
  for (const std::string& member : members(list)) {
    if (member == "*" || opaque(member) == opaque(tag)) return true;
  }
  return false;
}

}  // namespace model
