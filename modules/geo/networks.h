// Values by address: disjoint intervals, searched by halving. Made with the configuration, immutable
// afterwards.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/address.h"

namespace geo {

__extension__ using Number = unsigned __int128;  // an address, IPv4 in its low 32 bits

/// First to last address of one family, both included.
struct Interval {
  bool ipv6 = false;
  Number first = 0;
  Number last = 0;
  friend auto operator<=>(const Interval&, const Interval&) = default;

  /// "10.0.0.0/8", "10.0.0.1", "2001:db8::/32".
  static base::Result<Interval> of_cidr(std::string_view text);
  /// "10.0.0.0-10.0.3.255".
  static base::Result<Interval> of_range(std::string_view text);
};

class Networks {
 public:
  /// Gives every address of the interval this value, whatever it had: smaller networks are added after
  /// larger.
  void assign(const Interval& interval, uint32_t value);
  /// Makes it searchable; call once, after the last assign().
  void finish();
  std::optional<uint32_t> find(const net::Address& address) const;

 private:
  static constexpr uint32_t kNothing = UINT32_MAX;
  using Starts = std::map<Number, uint32_t>;  // where an interval begins, up to the next beginning
  struct Sorted {
    std::vector<Number> starts;
    std::vector<uint32_t> values;
    void fill(const Starts& from);
    uint32_t find(Number number) const;
  };
  Starts building_[2];
  Sorted sorted_[2];
};

/// The bytes of an address as a number; false for one that is neither IPv4 nor IPv6. IPv4 in IPv6 is IPv4.
bool as_number(const net::Address& address, bool& ipv6, Number& number);

}  // namespace geo
