// Field lines as HTTP/2 carries them (RFC 9113 §8.2): names in lower case, nothing that is for one connection
// only, no control characters. For both sides; it owns nothing.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string_view>
#include <vector>

#include "http/fields.h"

namespace h2 {

/// Whether such a field never stands in an HTTP/2 message (RFC 9113 §8.2.2). TE is the caller's to judge.
bool is_connection_field(http::Name name);

/// The name in lower case: static where it is known, else where it lies or in the arena.
std::string_view lower_name(const http::Field& field, base::Arena& arena);

/// A line that is not copied: both texts live until the frame was sent. The name is in lower case.
nghttp2_nv line(std::string_view name, std::string_view value);

/// Appends the fields that may stand in HTTP/2. Values lose blanks at their ends; a control character goes
/// out as a space (RFC 9110 §5.5). Names that are no token are left out.
void append(const http::Fields& fields, std::vector<nghttp2_nv>& lines, base::Arena& arena);
void append(const http::Field& field, std::vector<nghttp2_nv>& lines, base::Arena& arena);

}  // namespace h2
