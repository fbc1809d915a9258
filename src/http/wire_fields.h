// Field lines as HTTP/2 and HTTP/3 carry them (RFC 9113 §8.2, RFC 9114 §4.2): names in lower case, nothing
// that is for one connection only, no control characters. For both sides; it owns nothing.
#pragma once

#include <string_view>

#include "http/fields.h"

namespace http {

/// Whether such a field never stands in such a message (RFC 9113 §8.2.2, RFC 9114 §4.2). TE is the caller's
/// to judge.
bool is_connection_field(Name name);
/// Whether a field may go out: it is not for one connection only, and its name is a token.
bool is_sendable(const Field& field);
/// The name in lower case: static where it is known, else where it lies or in the arena.
std::string_view lower_name(const Field& field, base::Arena& arena);
/// The value without blanks at its ends; a control character becomes a space (RFC 9110 §5.5).
std::string_view sendable_value(std::string_view value, base::Arena& arena);

}  // namespace http
