#include "cache/cache_status.h"

#include <fmt/format.h>

#include <iterator>
#include <string>

namespace cache {

std::string_view outcome_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::none: return "";
    case Outcome::hit: return "HIT";
    case Outcome::miss: return "MISS";
    case Outcome::bypass: return "BYPASS";
    case Outcome::expired: return "EXPIRED";
    case Outcome::stale: return "STALE";
    case Outcome::updating: return "UPDATING";
    case Outcome::revalidated: return "REVALIDATED";
  }
  return "";
}

// RFC 9211 §2: an item of a list, the parameters of which are a boolean, integers and tokens.
std::string_view print_cache_status(const CacheStatus& status, base::Arena& arena) {
  fmt::memory_buffer text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "Proxycache");
  bool forwarded = !status.fwd.empty();
  // §2.1, §2.2: hit and fwd exclude each other; neither stands where the cache refused to forward.
  bool served = status.outcome != Outcome::miss && status.outcome != Outcome::expired &&
                status.outcome != Outcome::bypass;
  if (!forwarded && served) fmt::format_to(out, "; hit");
  if (forwarded) fmt::format_to(out, "; fwd={}", status.fwd);
  if (forwarded && status.fwd_status != 0) fmt::format_to(out, "; fwd-status={}", status.fwd_status);
  if (status.ttl) fmt::format_to(out, "; ttl={}", *status.ttl);
  if (forwarded && status.stored) fmt::format_to(out, "; stored");
  if (forwarded && status.collapsed) fmt::format_to(out, "; collapsed");
  if (!status.detail.empty()) fmt::format_to(out, "; detail={}", status.detail);
  return arena.copy({text.data(), text.size()});
}

}  // namespace cache
