// What the wire says of a request to an origin: its framing and its Connection (RFC 9112 §6 and §9). Nothing
// that a client sent decides where the message ends.
#pragma once

#include "http/client.h"
#include "proto/h1/head_writer.h"
#include "proto/h1/sender.h"

namespace h1 {

/// Empty, or why this request cannot be said in HTTP/1: then nothing is sent.
std::string_view refuse(const http::OriginRequest& request);
/// The body waits for 100 (RFC 9110 §10.1.1).
bool expects_continue(const http::OriginRequest& request);
WireFields wire_fields(const http::OriginRequest& request, bool keep_alive);
Sender::Coding coding_of(http::Framing framing);

}  // namespace h1
