// Incomplete responses (RFC 9111 §3.3, §3.4): the 206 to a client's own range that was passed on
// (proxy_cache_max_range_offset) is stored under the key, joined with what is stored of the same
// representation (the same strong ETag, RFC 9110 §15.3.7.3), answers ranges it covers, and becomes complete
// when nothing is missing. One piece a key; a response that varies is not kept so. Not to be taken for the
// parts of slice, which are stored each under a key of its own.
#pragma once

#include <optional>

#include "modules/cache/content.h"
#include "modules/cache/state.h"

namespace cache_module {

/// Whether what is stored can answer nothing but ranges.
inline bool is_incomplete(const exchange::Exchange& exchange, const cache::Facts& facts) {
  return facts.status == 206 && !exchange.origin.part;
}

/// The part of the stored body that answers this request, counted from the stored body's beginning; the
/// reply's head, the stored one so far, then tells it. Empty: the origin has to be asked.
std::optional<Content> select_from_incomplete(exchange::Exchange& exchange);

/// A 206 while it is being stored together with what there was: the reply is the joined piece from begin() to
/// end(), and then again what the client asked for.
class PieceToKeep {
 public:
  /// Empty: it is not kept; the reply is as it was.
  static std::optional<PieceToKeep> begin(exchange::Exchange& exchange, const CacheState& state);
  /// What its storing is decided by.
  const http::Response& decided() const { return *decided_; }
  void end(exchange::Exchange& exchange);

 private:
  http::ByteRange asked_;
  http::ByteRange all_;
  std::string_view content_range_;
  http::Response* decided_ = nullptr;  // in the arena
};

}  // namespace cache_module
