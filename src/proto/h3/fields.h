// Field lines for the library of HTTP/3, by the rules of http/wire_fields.h.
#pragma once

#include <nghttp3/nghttp3.h>

#include <string_view>
#include <vector>

#include "http/wire_fields.h"

namespace h3 {

/// A line that is not copied: both texts live until the frame was sent. The name is in lower case.
nghttp3_nv line(std::string_view name, std::string_view value);

/// Appends the fields that may stand in HTTP/3, as they may.
void append(const http::Fields& fields, std::vector<nghttp3_nv>& lines, base::Arena& arena);
void append(const http::Field& field, std::vector<nghttp3_nv>& lines, base::Arena& arena);

}  // namespace h3
