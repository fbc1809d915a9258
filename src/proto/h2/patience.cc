#include "proto/h2/patience.h"

#include <algorithm>

namespace h2 {
namespace {

struct Allowance {
  std::string_view text;
  uint32_t most;        // at once
  uint32_t per_second;  // that it grows
};

// A browser that leaves a page resets a hundred streams at once, one that measures its connection pings ten
// times a second; the floods that are known send thousands.
constexpr std::array<Allowance, Patience::kStrains> kAllowances = {{
    {"RST_STREAM frames", 500, 50},
    {"faulty streams", 200, 20},
    {"PING frames", 200, 10},
    {"SETTINGS frames", 50, 1},
    {"WINDOW_UPDATE frames", 1000, 100},
    {"PRIORITY frames", 1000, 100},
    {"empty DATA frames", 100, 10},
    {"frames of unknown types", 200, 10},
    {"DATA frames of streams that are gone", 2000, 100},
    {"oversized header fields", 1024, 64},
    {"CONTINUATION frames", 512, 50},
}};

constexpr const Allowance& allowance(Patience::Strain strain) {
  return kAllowances[static_cast<size_t>(strain)];
}

}  // namespace

Patience::Patience(base::MonoTime now) {
  for (size_t i = 0; i < kStrains; ++i) left_[i] = kAllowances[i].most;
  since_.fill(now);
}

bool Patience::bear(Strain strain, base::MonoTime now, uint32_t amount) {
  if (over_) return false;
  auto kind = static_cast<size_t>(strain);
  int64_t seconds = (now - since_[kind]) / 1000;
  if (seconds > 0) {
    since_[kind] += seconds * 1000;
    const Allowance& most = allowance(strain);
    uint64_t grown = left_[kind] + static_cast<uint64_t>(seconds) * most.per_second;
    left_[kind] = static_cast<uint32_t>(std::min<uint64_t>(grown, most.most));
  }
  if (left_[kind] >= amount) {
    left_[kind] -= amount;
    return true;
  }
  over_ = true;
  strain_ = strain;
  return false;
}

void Patience::credit(Strain strain, uint32_t amount) {
  uint32_t& left = left_[static_cast<size_t>(strain)];
  left = std::min(left + amount, allowance(strain).most);
}

std::string_view Patience::text(Strain strain) { return allowance(strain).text; }

}  // namespace h2
