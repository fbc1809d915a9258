// Any bytes as a request head: no crash, the same answer however they are cut, and never two lengths in what
// passes.
#include "t/fuzz/h1_head.h"

#include "http/make_request.h"

namespace {

void check_meaning(const std::string& head) {
  base::Arena arena;
  http::Request request(arena);
  http::HeadLimits names;
  h1::Parser parser(h1::Parser::Kind::request, h1::ParserLimits(), names, request.fields);
  if (parser.parse(head.data(), head.size()) != h1::Parsed::done) return;
  http::ReceivedHead received{
      parser.method(head.data()), parser.target(head.data()), {}, {}, {}, parser.version()};
  http::make_request(received, names, false, request);
  if (request.refused != 0) return;
  if (request.fields.count(http::Name::content_length) > 1) __builtin_trap();
  if (request.fields.has(http::Name::content_length) && request.fields.has(http::Name::transfer_encoding)) {
    __builtin_trap();
  }
  if (request.version == http::Version::http11 && request.host.empty()) __builtin_trap();
  if (request.fields.count(http::Name::host) > 1) __builtin_trap();
  if (request.path.find('\0') != std::string_view::npos) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  std::string head(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  fuzz::check_head(h1::Parser::Kind::request, head, bytes[0]);
  check_meaning(head);
  return 0;
}
