// How much of what costs us more than it costs the peer is borne: each kind has an allowance that is used up
// by frames and grows again with time and with honest work. When one is used up the connection ends with
// ENHANCE_YOUR_CALM (RFC 9113 §10.5). Owned by a session.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace h2 {

class Patience {
 public:
  enum class Strain : uint8_t {
    resets,          ///< streams that the client opens and resets
    provoked,        ///< streams that it makes us reset
    pings,           ///< PING
    settings,        ///< SETTINGS
    window_updates,  ///< WINDOW_UPDATE beyond what our DATA calls for
    priorities,      ///< PRIORITY and PRIORITY_UPDATE
    empty_data,      ///< DATA that brings nothing
    unknown,         ///< frames of unknown types
    late,            ///< DATA of streams that are gone
    fields,          ///< kibibytes of fields that no request may have
    continuations,   ///< a head in too many frames
    count_,
  };
  static constexpr size_t kStrains = static_cast<size_t>(Strain::count_);

  explicit Patience(base::MonoTime now);

  /// Uses up `amount` of it. False: it is used up.
  bool bear(Strain strain, base::MonoTime now, uint32_t amount = 1);
  /// Honest work was done: so many frames of that kind are borne for it.
  void credit(Strain strain, uint32_t amount);
  /// None is left of one.
  bool is_over() const { return over_; }
  Strain strain() const { return strain_; }

  /// "RST_STREAM frames": for the log.
  static std::string_view text(Strain strain);

 private:
  std::array<uint32_t, kStrains> left_;
  std::array<base::MonoTime, kStrains> since_;  // grows from
  Strain strain_ = Strain::resets;
  bool over_ = false;
};

}  // namespace h2
