// How an answer's body is delimited (RFC 9112 §6.3), and whether the connection may be used after it. A proxy
// takes no guess here: what two readers could understand differently is no HTTP.
#pragma once

#include <string_view>

#include "http/message.h"

namespace h1 {

/// Sets head.framing and head.content_length from status and fields. Empty, or why the response is refused.
/// An answer to HEAD gets the framing that its GET would have, though no body follows.
std::string_view read_framing(http::Method request, http::Response& head);

/// Whether the origin keeps the connection (RFC 9112 §9.3).
bool keeps_alive(const http::Response& head);

}  // namespace h1
