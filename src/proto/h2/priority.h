// Priorities of RFC 9218: "u=3, i" as a request's or a response's Priority field says it.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string_view>

namespace h2 {

/// What holds when the client said `request` and the origin `response`: the origin's parameters win (RFC 9218
/// §8). What is no valid parameter is passed over.
nghttp2_extpri merge_priority(std::string_view request, std::string_view response);

}  // namespace h2
