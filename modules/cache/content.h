// What of a complete 200 goes to this client: nothing where its conditions say so, parts where it asks for
// ranges (RFC 9110 §13, §14). The same for what is stored and what is being stored.
#pragma once

#include <functional>
#include <optional>

#include "exchange/exchange.h"
#include "http/ranges.h"

namespace cache_module {

struct Content {
  enum class Kind : uint8_t { whole, nothing, part, parts } kind = Kind::whole;
  http::RangePlan plan;  ///< part, parts
};

/// Decides, and changes the reply's head accordingly: 304, 412, 416, 206. `size`: of the whole, where it is
/// known; without it there are no ranges.
Content select_content(exchange::Exchange& exchange, std::optional<uint64_t> size);

/// The body for `content`, cut out of `whole` as it passes by. Sets Content-Type and the length of several
/// parts.
http::BodyPtr cut_content(exchange::Exchange& exchange, Content content, uint64_t size, http::BodyPtr whole);

}  // namespace cache_module
