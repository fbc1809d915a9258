// Conditional requests (RFC 9110 §13): whether what the client knows still holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace http {

enum class Condition : uint8_t {
  proceed,              ///< answer as if there were no condition
  not_modified,         ///< 304
  precondition_failed,  ///< 412
};

/// if_modified_since: `before` is RFC 9110 §13.1.3; `exact` takes only the very same date.
enum class DateMatch : uint8_t { off, exact, before };

/// What the selected representation carries; empty or nullopt: no such validator.
struct Validators {
  std::string_view etag;                 ///< as sent, with quotes and W/
  std::optional<int64_t> last_modified;  ///< seconds since 1970
  int64_t date = 0;                      ///< when it was generated: how strong last_modified is
};

/// Whether it is an entity-tag: optional W/, then a quoted opaque text (RFC 9110 §8.8.3).
bool is_etag(std::string_view text);
bool is_weak(std::string_view etag);
/// RFC 9110 §8.8.3.2: both strong and the same.
bool strong_match(std::string_view a, std::string_view b);
/// The same, weak or not.
bool weak_match(std::string_view a, std::string_view b);
/// Whether "*" or one of the list's tags matches. `exists`: there is a current representation.
bool etag_list_matches(std::string_view list, std::string_view etag, bool weak);

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since in the order of RFC 9110
/// §13.2.2. To be asked only where the answer without conditions would be 2xx. `now`: seconds since 1970.
Condition evaluate(const Request& request, const Validators& validators, DateMatch dates, int64_t now);

/// Whether Range is to be honoured: true without If-Range, else its validator must match strongly (§13.1.5).
bool range_applies(const Request& request, const Validators& validators, int64_t now);

}  // namespace http
