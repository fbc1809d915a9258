#include "cache/freshness.h"

#include <algorithm>

#include "base/text.h"
#include "http/dates.h"

namespace cache {

namespace {

uint32_t clamp_seconds(int64_t seconds) {
  return static_cast<uint32_t>(std::clamp<int64_t>(seconds, 0, http::kMaxDeltaSeconds));
}

struct Lifetime {
  uint32_t seconds = 0;
  Basis basis = Basis::none;
  bool from_receipt = false;  // counted from when we got it, however old it was then
};

/// X-Accel-Expires: seconds from receipt, or "@" and a moment in seconds since 1970. 0 means: not at all.
std::optional<uint32_t> parse_accel_expires(std::string_view text, int64_t now) {
  bool moment = !text.empty() && text.front() == '@';
  std::optional<uint64_t> number = base::parse_uint(moment ? text.substr(1) : text);
  if (!number) return std::nullopt;
  int64_t seconds = static_cast<int64_t>(std::min<uint64_t>(*number, INT64_MAX));
  return clamp_seconds(moment ? seconds - now : seconds);
}

std::optional<uint32_t> find_rule(const std::vector<ValidRule>& rules, int status) {
  std::optional<uint32_t> any;
  for (const ValidRule& rule : rules) {
    if (rule.status == status) return rule.seconds;
    if (rule.status == 0 && !any) any = rule.seconds;
  }
  return any;
}

/// RFC 9111 §4.2.2: only with a validator that dates it, only where the status allows or the response is
/// public.
Lifetime heuristic(const http::Response& response, const http::CacheControl& control, int64_t date) {
  const http::Field* modified = response.fields.find(http::Name::last_modified);
  if (modified == nullptr) return {};
  if (!is_heuristically_cacheable(response.status) && !control.is_public) return {};
  std::optional<int64_t> when = http::parse_date(modified->value, date);
  if (!when || *when >= date) return {};
  return {std::min(clamp_seconds((date - *when) / kHeuristicPart), kHeuristicCap), Basis::heuristic, false};
}

Lifetime compute_lifetime(const http::Response& response, const http::CacheControl& control,
                          const std::vector<ValidRule>& valid, const IgnoredFields& ignored, int64_t date,
                          int64_t now) {
  if (const http::Field* accel = response.fields.find(http::Name::x_accel_expires);
      accel != nullptr && !ignored.x_accel_expires) {
    if (std::optional<uint32_t> seconds = parse_accel_expires(accel->value, now)) {
      return {*seconds, Basis::x_accel_expires, true};
    }
  }
  // RFC 9111 §4.2.1, in its order: s-maxage (this is a shared cache), max-age, Expires minus Date.
  if (control.s_maxage) return {*control.s_maxage, Basis::s_maxage, false};
  if (control.max_age) return {*control.max_age, Basis::max_age, false};
  if (const http::Field* expires = response.fields.find(http::Name::expires);
      expires != nullptr && !ignored.expires) {
    // RFC 9111 §5.3: an invalid date, "0" above all, means already expired.
    int64_t when = http::parse_date(expires->value, now).value_or(date);
    return {clamp_seconds(when - date), Basis::expires, false};
  }
  if (std::optional<uint32_t> seconds = find_rule(valid, response.status)) {
    return {*seconds, Basis::valid_rule, true};
  }
  return heuristic(response, control, date);
}

}  // namespace

uint32_t Freshness::age(int64_t now) const {
  int64_t resident = std::max<int64_t>(0, now - received);
  return clamp_seconds(int64_t{initial_age} + resident);
}

bool is_heuristically_cacheable(int status) {
  switch (status) {
    case 200:
    case 203:
    case 204:
    case 206:
    case 300:
    case 301:
    case 308:
    case 404:
    case 405:
    case 410:
    case 414:
    case 501: return true;
    default: return false;
  }
}

uint32_t parse_age(std::string_view text) {
  return http::parse_delta_seconds(base::trim(text.substr(0, text.find(',')))).value_or(0);
}

Freshness compute_freshness(const http::Response& response, const http::CacheControl& control,
                            const std::vector<ValidRule>& valid, const IgnoredFields& ignored,
                            FetchTimes times) {
  Freshness result;
  result.received = times.received / 1000;
  // RFC 9110 §6.6.1: who receives a response without a usable Date takes the time of receipt.
  result.date =
      http::parse_date(response.fields.get(http::Name::date), result.received).value_or(result.received);

  // RFC 9111 §4.2.3.
  uint32_t apparent_age = clamp_seconds(result.received - result.date);
  int64_t response_delay = std::max<int64_t>(0, times.received - times.requested) / 1000;
  uint32_t age_value = parse_age(response.fields.get(http::Name::age));
  uint32_t corrected_age_value = clamp_seconds(int64_t{age_value} + response_delay);
  result.initial_age = std::max(apparent_age, corrected_age_value);

  Lifetime lifetime = compute_lifetime(response, control, valid, ignored, result.date, result.received);
  result.basis = lifetime.basis;
  result.lifetime = lifetime.from_receipt && lifetime.seconds > 0
                        ? clamp_seconds(int64_t{lifetime.seconds} + result.initial_age)
                        : lifetime.seconds;
  return result;
}

}  // namespace cache
