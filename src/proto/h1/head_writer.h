// Writes heads. Connection, framing and upgrade come from the wire alone: such fields in a message are left
// out. A control character in a value goes out as a space, so that no value can begin a line of its own (RFC
// 9110 §5.5).
#pragma once

#include "http/client.h"
#include "http/message.h"

namespace h1 {

/// What the wire says about the message.
struct WireFields {
  enum class Length : uint8_t { none, known, chunked } length = Length::none;
  uint64_t content_length = 0;
  enum class Connection : uint8_t { none, keep_alive, close, upgrade } connection = Connection::none;
  int64_t keep_alive_seconds = 0;  ///< "Keep-Alive: timeout="; 0: none
};

/// The whole head, in the arena.
std::string_view write_response_head(const http::Response& head, const WireFields& wire, base::Arena& arena);
std::string_view write_request_head(const http::OriginRequest& request, const WireFields& wire,
                                    base::Arena& arena);
/// Field lines and the empty line behind them.
std::string_view write_trailers(const http::Fields& fields, base::Arena& arena);

}  // namespace h1
