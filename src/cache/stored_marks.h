// What a purge needs to know of a stored response beside its key: its tags, and the URI it answered where the
// key is another text. Lies in front of the stored head; most objects have none and pay nothing.
//
//   0xff | size of all, 4 bytes | size of the URI, 4 bytes | URI | tags, 8 bytes each
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/fields.h"

namespace cache {

/// No known name has this number (stored_head.h).
inline constexpr unsigned char kMarksByte = 0xff;
/// A response with more tags is not stored: a purge would miss it.
inline constexpr size_t kMostTags = 1024;

/// The tags a response bears (Surrogate-Key and xkey: separated by spaces; Cache-Tag: by commas), as numbers
/// for purges, each once.
std::vector<uint64_t> read_tags(const http::Fields& fields);

/// The block for these; empty when there is nothing to say. `uri`: empty when the key is the URI.
std::string write_stored_marks(std::string_view uri, const std::vector<uint64_t>& tags);

struct StoredMarks {
  std::string_view uri;
  std::string_view tag_bytes;  ///< 8 bytes a tag
};
/// What stands in front of a stored head; nothing when it is not sound.
StoredMarks read_stored_marks(std::string_view stored);
/// The stored head behind it.
std::string_view skip_stored_marks(std::string_view stored);

}  // namespace cache
