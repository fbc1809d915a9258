// Any bytes as chunked coding: no crash, the same payload and end however they are cut, and never more
// payload than bytes came.
#include <algorithm>
#include <cstdint>
#include <string>

#include "proto/h1/chunked.h"

namespace {

std::string decode(std::string_view text, size_t step, size_t bite) {
  h1::ChunkedDecoder decoder;
  std::string payload;
  size_t used = 0;
  auto end = h1::ChunkedDecoder::Kind::more;
  for (size_t given = 0; given < text.size();) {
    given = std::min(given + step, text.size());
    while (true) {
      h1::ChunkedDecoder::Step got = decoder.next(text.substr(used, given - used));
      used += got.skipped;
      end = got.kind;
      if (end == h1::ChunkedDecoder::Kind::more) break;
      if (end != h1::ChunkedDecoder::Kind::payload) {
        return payload + "|" + std::to_string(used) + "|" + std::to_string(static_cast<int>(end));
      }
      if (used + got.size > given) __builtin_trap();
      size_t size = std::min(got.size, bite);
      payload.append(text.substr(used, size));
      decoder.take(size);
      used += size;
    }
  }
  return payload + "|" + std::to_string(used) + "|" + std::to_string(static_cast<int>(end));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  std::string whole = decode(text, text.size() + 1, text.size() + 1);
  if (decode(text, 1, 1) != whole) __builtin_trap();
  if (decode(text, size_t{2} + bytes[0], 5) != whole) __builtin_trap();
  return 0;
}
