#include "proto/h1/chunked.h"

#include <algorithm>

#include "base/text.h"
#include "http/syntax.h"

namespace h1 {
namespace {

constexpr uint8_t kMaxDigits = 16;
constexpr uint64_t kMaxChunk = uint64_t{1} << 62;
// A body may hold this many bytes of extensions beyond those its payload outweighs: they cost work and mean
// nothing.
constexpr uint32_t kMaxExtensionBytes = 4096;

}  // namespace

bool ChunkedDecoder::end_size() {
  if (digits_ == 0 || left_ > kMaxChunk) return false;
  uint64_t paid = std::min<uint64_t>(left_ / 16, extension_bytes_);
  extension_bytes_ -= static_cast<uint32_t>(paid);
  return true;
}

// One byte that is no payload; false when it cannot stand there.
bool ChunkedDecoder::framing(char c) {
  switch (state_) {
    case State::size: {
      int value = base::hex_value(c);
      if (value >= 0) {
        if (++digits_ > kMaxDigits || left_ > kMaxChunk) return false;
        left_ = left_ << 4 | static_cast<unsigned>(value);
        return true;
      }
      if (c != ';' && c != '\r') return false;
      if (!end_size()) return false;
      state_ = c == ';' ? State::extension : State::size_lf;
      return true;
    }
    case State::extension:
      if (c == '\r') {
        state_ = State::size_lf;
        return true;
      }
      return !http::is(c, http::kControl) && ++extension_bytes_ <= kMaxExtensionBytes;
    case State::size_lf:
      if (c != '\n') return false;
      state_ = left_ == 0 ? State::trailers : State::payload;
      return true;
    case State::payload_cr: state_ = State::payload_lf; return c == '\r';
    case State::payload_lf:
      digits_ = 0;
      state_ = State::size;
      return c == '\n';
    case State::payload:
    case State::trailers:
    case State::bad: break;
  }
  return false;
}

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view bytes) {
  if (state_ == State::payload && left_ == 0) state_ = State::payload_cr;
  for (size_t i = 0;; i++) {
    if (state_ == State::trailers) return {Kind::trailers, i, 0};
    if (state_ == State::bad) return {Kind::bad, i, 0};
    if (i == bytes.size()) return {Kind::more, i, 0};
    if (state_ == State::payload) {
      return {Kind::payload, i, static_cast<size_t>(std::min<uint64_t>(left_, bytes.size() - i))};
    }
    if (!framing(bytes[i])) state_ = State::bad;
  }
}

size_t write_chunk_head(uint64_t size, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  int digits = (63 - __builtin_clzll(size | 1)) / 4 + 1;
  for (int i = digits - 1; i >= 0; i--, size >>= 4) out[i] = kDigits[size & 15];
  out[digits] = '\r';
  out[digits + 1] = '\n';
  return static_cast<size_t>(digits) + 2;
}

}  // namespace h1
