#include "upstream/dial.h"

#include <cerrno>

#include "net/tcp.h"

namespace upstream {

using http::OriginFault;

namespace {

OriginFault fault_of(int code, OriginFault failed, OriginFault timed_out) {
  if (code == ETIMEDOUT) return timed_out;
  return code == ECANCELED ? OriginFault::canceled : failed;
}

void judge_handshake(const net::TlsTransport& transport, int code, const DialOptions& options,
                     Dialed& result) {
  if (code != 0) {
    result.fault = fault_of(code, OriginFault::handshake, OriginFault::handshake_timeout);
    if (result.fault == OriginFault::handshake) {
      result.why = transport.failure();
    } else {
      result.error = code;
    }
  } else if (!options.protocol.empty() && transport.facts().alpn() != options.protocol) {
    result.fault = OriginFault::handshake;
    result.why = fmt::format("upstream did not choose \"{}\" by ALPN", options.protocol);
  }
}

}  // namespace

event::Task<void> dial(event::Loop& loop, Peer& peer, const DialOptions& options, event::CancelScope* scope,
                       Dialed& result) {
  base::MonoTime began = loop.now();
  base::Result<net::Fd> socket = co_await net::connect_to(loop, peer.address(), options.connect, scope);
  if (!socket) {
    result.error = socket.error().code;
    result.fault = fault_of(result.error, OriginFault::connect, OriginFault::connect_timeout);
    co_return;
  }
  result.connected = true;
  if (options.tls == nullptr) {
    result.transport = std::make_unique<net::TcpTransport>(loop, std::move(*socket), peer.address());
    co_return;
  }
  net::TlsTarget target(*options.tls, options.tls_name, peer.tls_sessions());
  auto tls =
      std::make_unique<net::TlsTransport>(*options.tls_common, target, std::move(*socket), peer.address());
  base::Duration left = options.connect.timeout - base::Duration(loop.now() - began);
  int code = co_await net::shake_hands(loop, *tls, left, scope);
  judge_handshake(*tls, code, options, result);
  if (result.fault == OriginFault::none) result.transport = std::move(tls);
}

}  // namespace upstream
