// What of a complete 200 goes to this client: nothing where its conditions say so, parts where it asks for
// ranges (RFC 9110 §13, §14). The same for what is stored, what is being stored and what is put together.
#pragma once

#include <functional>
#include <optional>

#include "exchange/exchange.h"
#include "http/ranges.h"

namespace exchange {

struct Content {
  enum class Kind : uint8_t { whole, nothing, part, parts } kind = Kind::whole;
  http::RangePlan plan;  ///< part, parts
};

/// Decides, and changes the reply's head accordingly: 304, 412, 416, 206. `size`: of the whole, where it is
/// known; without it there are no ranges. A request for more ranges than `max_ranges` gets the whole.
Content select_content(Exchange& exchange, std::optional<uint64_t> size, uint64_t max_ranges = UINT64_MAX);

/// The body for `content`, cut out of `whole` as it passes by. Sets Content-Type and the length of several
/// parts.
http::BodyPtr cut_content(Exchange& exchange, Content content, uint64_t size, http::BodyPtr whole);

}  // namespace exchange
