// Cache-Control of requests and responses (RFC 9111 §5.2), and Pragma's one word (§5.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http/fields.h"

namespace http {

/// A directive's seconds are at most this: larger ones mean it (RFC 9111 §1.2.2).
inline constexpr uint32_t kMaxDeltaSeconds = 0x80000000u;

struct CacheControl {
  bool present = false;  ///< there was at least one directive
  bool no_store = false;
  bool no_cache = false;    ///< unqualified
  bool is_private = false;  ///< unqualified
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool no_transform = false;
  bool immutable = false;       ///< RFC 8246
  bool only_if_cached = false;  ///< requests
  bool max_stale_any = false;   ///< max-stale without a number: any staleness (requests)

  // Seconds. What is no number counts as 0, so that bad freshness is stale (RFC 9111 §4.2.1).
  std::optional<uint32_t> max_age;
  std::optional<uint32_t> s_maxage;
  std::optional<uint32_t> min_fresh;
  std::optional<uint32_t> max_stale;
  std::optional<uint32_t> stale_while_revalidate;  ///< RFC 5861
  std::optional<uint32_t> stale_if_error;          ///< RFC 5861

  std::vector<std::string_view> no_cache_fields;  ///< no-cache="a, b"
  std::vector<std::string_view> private_fields;   ///< private="a, b"
};

/// All directives of the field's lines together. Unknown ones are passed over; of repeated ones the first
/// counts, the unqualified form above the qualified.
CacheControl parse_cache_control(const Fields& fields, Name name = Name::cache_control);
CacheControl parse_cache_control(std::string_view value);

/// delta-seconds: digits, saturating at kMaxDeltaSeconds; nullopt when it is no number.
std::optional<uint32_t> parse_delta_seconds(std::string_view text);

}  // namespace http
