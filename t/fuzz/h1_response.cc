// Any bytes as a response head from an origin: no crash, the same answer however they are cut.
#include "t/fuzz/h1_head.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  std::string head(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  fuzz::check_head(h1::Parser::Kind::response, head, bytes[0]);
  fuzz::check_head(h1::Parser::Kind::trailers, head, bytes[0]);
  return 0;
}
