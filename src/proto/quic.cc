#include "proto/quic.h"

#include "config.h"

#if PC_HTTP3
#include "proto/h3/server.h"
#include "proto/h3/tls_gnutls.h"
#endif

namespace proto {

#if PC_HTTP3

bool has_quic() { return true; }

base::Result<std::shared_ptr<const QuicKeys>> read_quic_keys(const net::TlsOptions& options) {
  return h3::Credentials::read(options);
}

base::Result<std::unique_ptr<Quic>> make_quic(event::Loop& loop, base::Log& log, http::StreamHandler& handler,
                                              QuicOwner& owner, QuicMemory memory, const QuicPlace& place) {
  return std::make_unique<h3::Server>(loop, log, handler, owner, std::move(memory), place);
}

#else

namespace {
constexpr const char* kNotBuilt = "HTTP/3 is not built in: ./configure found no ngtcp2 and nghttp3";
}

bool has_quic() { return false; }

base::Result<std::shared_ptr<const QuicKeys>> read_quic_keys(const net::TlsOptions&) {
  return base::fail("{}", kNotBuilt);
}

base::Result<std::unique_ptr<Quic>> make_quic(event::Loop&, base::Log&, http::StreamHandler&, QuicOwner&,
                                              QuicMemory, const QuicPlace&) {
  return base::fail("{}", kNotBuilt);
}

#endif

}  // namespace proto
