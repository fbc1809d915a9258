#include "proxy/http2_conf.h"

#include "base/units.h"
#include "conf/setters.h"
#include "proxy/router.h"

namespace proxy {

namespace {

constexpr uint32_t kMostChunk = 16384;        // RFC 9113 §4.2: what every client takes in one frame
constexpr uint32_t kMostWindow = 0x7fffffff;  // RFC 9113 §6.9.1
constexpr uint32_t kMostBuffer = 16 << 20;

template <auto Member, uint32_t least, uint32_t most>
base::Result<void> set_bytes(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<uint64_t> size = base::parse_size(directive.arg(0));
  if (!size) return tl::unexpected(size.error());
  if (*size < least || *size > most) return base::fail("size \"{}\" is out of range", directive.arg(0));
  static_cast<Http2Conf*>(section)->*Member = static_cast<uint32_t>(*size);
  return {};
}

base::Result<void> set_streams(void* section, const conf::Directive& directive, conf::Site&) {
  base::Result<int64_t> number = conf::detail::parse_number(directive.arg(0));
  if (!number) return tl::unexpected(number.error());
  if (*number < 1 || *number > 0x7fffffff)
    return base::fail("value \"{}\" is out of range", directive.arg(0));
  static_cast<Http2Conf*>(section)->max_streams = static_cast<uint32_t>(*number);
  return {};
}

const conf::Row kRows[] = {
    {.name = "http2",
     .contexts = conf::kHttp | conf::kServer,
     .syntax = "on | off",
     .default_text = "off",
     .help = "HTTP/2: over TLS where the client offers it (ALPN) for this server's name, without TLS where a "
             "connection to the default server of the address begins with its preface.",
     .set = conf::set_flag<&Http2Conf::on>},
    {.name = "http2_max_concurrent_streams",
     .contexts = conf::kHttp | conf::kServer,
     .syntax = "number",
     .default_text = "128",
     .help = "Requests that may be under way on one connection.",
     .set = set_streams},
    {.name = "http2_chunk_size",
     .contexts = conf::kHttpServerLocation,
     .syntax = "size",
     .default_text = "8k",
     .help = "Most bytes of a body in one frame: small ones let other responses pass sooner.",
     .set = set_bytes<&Http2Conf::chunk_size, 1, kMostChunk>},
    {.name = "http2_body_preread_size",
     .contexts = conf::kHttp | conf::kServer,
     .syntax = "size",
     .default_text = "64k",
     .help = "What a client may send of a request's body before anything reads it.",
     .set = set_bytes<&Http2Conf::preread_size, 0, kMostWindow>},
    {.name = "http2_recv_buffer_size",
     .contexts = conf::kHttp,
     .syntax = "size",
     .default_text = "256k",
     .help = "The buffer of each worker that frames are read into.",
     .set = set_bytes<&Http2Conf::recv_buffer_size, 1024, kMostBuffer>},
};

}  // namespace

const conf::Section Http2Conf::kSection = conf::section<Http2Conf>("http2", kRows);

const Http2Conf& http2_of(const VirtualServer& server) {
  return server.route->get<Http2Conf>(Http2Conf::kSection);
}

}  // namespace proxy
