// When a place whose process died gets a new one: at once, unless it died at once too.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace process {

/// The back-off of one place (a worker slot, the keeper).
class Backoff {
 public:
  /// Who lived shorter than this died at once.
  static constexpr base::Duration kShortLife{1000};
  static constexpr base::Duration kFirstDelay{100};
  static constexpr base::Duration kLongestDelay{10000};

  /// How long to wait after a life of `lived`: nothing after a long life, then 100 ms, doubled each time up
  /// to 10 s.
  base::Duration after(base::Duration lived) {
    if (lived >= kShortLife) {
      delay_ = base::Duration(0);
      return delay_;
    }
    delay_ = delay_.count() == 0 ? kFirstDelay : std::min(delay_ * 2, kLongestDelay);
    return delay_;
  }

 private:
  base::Duration delay_{0};
};

}  // namespace process
