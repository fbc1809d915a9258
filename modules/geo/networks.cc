#include "modules/geo/networks.h"

#include <algorithm>

#include "base/text.h"

namespace geo {
namespace {

constexpr unsigned kBits4 = 32;
constexpr unsigned kBits6 = 128;

base::Result<net::Address> parse_ip(std::string_view text) {
  std::optional<net::Address> address = net::Address::from_ip(text, 0);
  if (!address) return base::fail("invalid network \"{}\"", text);
  return *address;
}

}  // namespace

bool as_number(const net::Address& address, bool& ipv6, Number& number) {
  if (address.is_unix() || !address.known()) return false;
  std::string_view bytes = address.ip_bytes();
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (bytes.size() == 16 && bytes.starts_with(kMapped)) bytes.remove_prefix(12);
  ipv6 = bytes.size() == 16;
  number = 0;
  for (char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return true;
}

base::Result<Interval> Interval::of_cidr(std::string_view text) {
  size_t slash = text.find('/');
  base::Result<net::Address> address = parse_ip(text.substr(0, slash));
  if (!address) return base::fail("invalid network \"{}\"", text);
  Interval interval;
  if (!as_number(*address, interval.ipv6, interval.first)) return base::fail("invalid network \"{}\"", text);
  unsigned bits = interval.ipv6 ? kBits6 : kBits4;
  unsigned prefix = bits;
  if (slash != std::string_view::npos) {
    std::optional<uint64_t> parsed = base::parse_uint(text.substr(slash + 1));
    if (!parsed || *parsed > bits) return base::fail("invalid network \"{}\"", text);
    prefix = static_cast<unsigned>(*parsed);
  }
  Number host =
      prefix == 0 ? (interval.ipv6 ? ~Number{0} : Number{UINT32_MAX}) : (Number{1} << (bits - prefix)) - 1;
  interval.first &= ~host;
  interval.last = interval.first | host;
  return interval;
}

base::Result<Interval> Interval::of_range(std::string_view text) {
  size_t dash = text.find('-');
  if (dash == std::string_view::npos) return base::fail("invalid range \"{}\"", text);
  base::Result<net::Address> first = parse_ip(text.substr(0, dash));
  base::Result<net::Address> last = parse_ip(text.substr(dash + 1));
  Interval interval;
  bool ipv6 = false;
  bool valid = first && last && as_number(*first, interval.ipv6, interval.first) &&
               as_number(*last, ipv6, interval.last) && ipv6 == interval.ipv6 &&
               interval.first <= interval.last;
  if (!valid) return base::fail("invalid range \"{}\"", text);
  return interval;
}

void Networks::assign(const Interval& interval, uint32_t value) {
  Starts& starts = building_[interval.ipv6 ? 1 : 0];
  if (starts.empty()) starts.emplace(0, kNothing);
  Number highest = interval.ipv6 ? ~Number{0} : Number{UINT32_MAX};
  // What stood behind the interval begins again there.
  if (interval.last != highest) {
    auto after = starts.upper_bound(interval.last + 1);
    starts.emplace(interval.last + 1, std::prev(after)->second);
  }
  starts.erase(starts.lower_bound(interval.first), starts.upper_bound(interval.last));
  starts[interval.first] = value;
}

void Networks::Sorted::fill(const Starts& from) {
  for (const auto& [start, value] : from) {
    starts.push_back(start);
    values.push_back(value);
  }
}

uint32_t Networks::Sorted::find(Number number) const {
  auto after = std::ranges::upper_bound(starts, number);
  return after == starts.begin() ? kNothing : values[static_cast<size_t>(after - starts.begin()) - 1];
}

void Networks::finish() {
  for (int family : {0, 1}) {
    sorted_[family].fill(building_[family]);
    building_[family].clear();
  }
}

std::optional<uint32_t> Networks::find(const net::Address& address) const {
  bool ipv6 = false;
  Number number = 0;
  if (!as_number(address, ipv6, number)) return std::nullopt;
  uint32_t value = sorted_[ipv6 ? 1 : 0].find(number);
  return value == kNothing ? std::nullopt : std::optional(value);
}

}  // namespace geo
