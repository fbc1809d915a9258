// A response head as it lies in the cache: the fields one after the other in a compact form of our own, so
// that a hit is one copy and one pass.
//
// Per field: a byte with the known name's number (0: the name follows, two bytes of length before it), three
// bytes of value length, the value. A byte kHeadPadding ends it: a head that was renewed in place may be
// shorter than its room. Numbers of names may change between versions: the zone's layout version covers them.
#pragma once

#include <string>
#include <string_view>

#include "http/cache_control.h"
#include "http/fields.h"

namespace cache {

/// A head larger than this is not stored.
inline constexpr size_t kMaxStoredHead = 64 * 1024;

/// No known name has this number.
inline constexpr unsigned char kHeadPadding = 0xfe;

/// The fields of a response that may be stored (see is_stored_field).
std::string write_stored_head(const http::Fields& fields, const http::CacheControl& control);

/// Adds the fields to `out`. The texts point into `stored`, which lives as long as `out`. False (with what
/// came before added) when the bytes are not what write_stored_head() makes.
bool read_stored_head(std::string_view stored, http::Fields& out);

}  // namespace cache
