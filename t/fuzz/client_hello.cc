// The first bytes of connections: what is whole in a part is the same in the whole, nothing is both partial
// and something else, and what a ClientHello says lies within it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/client_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using Kind = net::ClientHello::Kind;
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  net::ClientHello hello;
  Kind kind = hello.parse(text);
  if (hello.server_name.size() + hello.alpn_protocols.size() > size) abort();
  if (kind != Kind::whole && (!hello.server_name.empty() || !hello.alpn_protocols.empty())) abort();
  for (size_t cut : {size / 2, size - size / 4}) {
    net::ClientHello part;
    Kind before = part.parse(text.substr(0, cut));
    if (before == Kind::partial) continue;
    // What was decided stays so, whatever follows.
    if (before != kind || part.server_name != hello.server_name || part.protocol != hello.protocol) abort();
  }
  return 0;
}
