// Headers of the PROXY protocol: none is longer than its limit, none is whole in a part of it and another in
// the whole, and what its TLVs say lies within it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/proxy_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  net::ProxyHeader header;
  base::Result<size_t> whole = net::parse_proxy_header(text, header);
  if (!whole) return 0;
  if (*whole > size || *whole > net::ProxyHeader::kLongestV2) abort();
  if (*whole == 0) {
    if (size >= net::ProxyHeader::kLongestV2) abort();
    return 0;
  }
  for (size_t cut : {*whole - 1, *whole / 2}) {
    net::ProxyHeader part;
    base::Result<size_t> again = net::parse_proxy_header(text.substr(0, cut), part);
    if (!again || *again != 0) abort();
  }
  for (int type = 0; type < 256; ++type) {
    std::optional<std::string_view> value = header.tlv(static_cast<uint8_t>(type));
    if (value && value->size() > header.tlvs.size()) abort();
    header.ssl_tlv(static_cast<uint8_t>(type));
  }
  header.ssl_verify();
  net::write_proxy_header(1, header.source, header.destination);
  net::write_proxy_header(2, header.source, header.destination);
  return 0;
}
