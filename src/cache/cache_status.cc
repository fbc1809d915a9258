#include "cache/cache_status.h"

#include <fmt/format.h>

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

namespace {

/// RFC 8941 §3.3.3: a String; empty when the text cannot be one.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c < 0x20 || c > 0x7e) return {};
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

// RFC 9211 §2: an item of a list, the parameters of which are a boolean, integers and tokens.
std::string_view print_cache_status(const CacheStatus& status, base::Arena& arena) {
  std::string_view text = "Proxycache";
  auto add = [&](std::string_view name, std::string_view value) { text = arena.join(text, name, value); };
  bool forwarded = !status.fwd.empty();
  // §2.1, §2.2: hit and fwd exclude each other; neither stands where the cache refused to forward.
  bool served = status.outcome != Outcome::miss && status.outcome != Outcome::expired &&
                status.outcome != Outcome::bypass;
  if (!forwarded && served) text = "Proxycache; hit";
  if (forwarded) add("; fwd=", status.fwd);
  if (forwarded && status.fwd_status != 0) add("; fwd-status=", fmt::format_int(status.fwd_status).c_str());
  if (status.ttl) add("; ttl=", fmt::format_int(*status.ttl).c_str());
  if (forwarded && status.stored) add("; stored", "");
  if (forwarded && status.collapsed) add("; collapsed", "");
  if (!status.key.empty()) {
    std::string key = quoted(status.key);
    if (!key.empty()) add("; key=", key);  // §2.8
  }
  if (!status.detail.empty()) add("; detail=", status.detail);
  return text;
}

}  // namespace cache
