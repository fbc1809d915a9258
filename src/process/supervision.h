// When a place whose process died gets a new one: at once, unless it keeps dying at once.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace process {

/// The back-off of one place (a worker slot, the keeper).
class Backoff {
 public:
  /// Who lived shorter than this died at once.
  static constexpr base::Duration kShortLife{200};
  static constexpr base::Duration kFirstDelay{100};
  static constexpr base::Duration kLongestDelay{2000};

  /// How long to wait after a life of `lived`: nothing after a long life or one short one, then 100 ms,
  /// doubled with each further short life up to 2 s.
  base::Duration after(base::Duration lived) {
    if (lived >= kShortLife) {
      short_lives_ = 0;
    } else if (short_lives_ < 16) {
      ++short_lives_;
    }
    if (short_lives_ < 2) return base::Duration(0);
    return std::min(kFirstDelay * (1 << (short_lives_ - 2)), kLongestDelay);
  }

 private:
  unsigned short_lives_ = 0;  // one after the other
};

}  // namespace process
