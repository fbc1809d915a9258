// The chunked transfer coding (RFC 9112 §7.1): framing only. It names payload where it lies in the buffer and
// copies nothing. A small value: copy it to look ahead. Strict; extensions are bounded and passed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace h1 {

class ChunkedDecoder {
 public:
  enum class Kind : uint8_t {
    more,      ///< all bytes were framing: give it what follows
    payload,   ///< `size` bytes of payload lie after `skipped` ones
    trailers,  ///< the last chunk is over; after `skipped` the trailer section begins (RFC 9112 §7.1.2)
    bad,       ///< not chunked coding
  };
  struct Step {
    Kind kind = Kind::more;
    size_t skipped = 0;  ///< framing bytes at the front, done with
    size_t size = 0;     ///< payload bytes behind them
  };

  /// What the next bytes are. Payload is named, not taken: call take() for as many bytes as were used, then
  /// go on behind them.
  Step next(std::string_view bytes);
  void take(size_t payload) { left_ -= payload; }
  /// Payload that the current chunk still owes.
  uint64_t chunk_left() const { return left_; }

 private:
  enum class State : uint8_t { size, extension, size_lf, payload, payload_cr, payload_lf, trailers, bad };

  bool framing(char c);
  bool end_size();

  uint64_t left_ = 0;
  uint32_t extension_bytes_ = 0;  // more than paid for by payload: extensions may not outweigh it
  uint8_t digits_ = 0;
  State state_ = State::size;
};

/// Longest "size CRLF" that a chunk begins with.
inline constexpr size_t kMaxChunkHead = 18;
/// Writes "1a2b\r\n"; `out` holds kMaxChunkHead bytes. Returns how many were written. `size` is not 0.
size_t write_chunk_head(uint64_t size, char* out);

}  // namespace h1
