#include "modules/cache/part.h"

#include <algorithm>

#include "http/ranges.h"

namespace cache_module {

bool is_wanted_part(const exchange::Exchange& exchange, const http::Response& head) {
  const std::optional<exchange::OriginPart>& part = exchange.origin.part;
  if (!part || head.status != 206) return false;
  http::ByteRange range;
  uint64_t size = 0;
  if (!http::parse_content_range(head.fields.get(http::Name::content_range), range, size)) return false;
  return size != UINT64_MAX && range.first == part->first && range.last == std::min(part->last, size - 1);
}

}  // namespace cache_module
