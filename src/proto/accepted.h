// What a client connection is, told by whoever accepted it to the session that is made for it.
#pragma once

#include <cstdint>
#include <memory>

#include "net/address.h"
#include "net/proxy_protocol.h"
#include "net/tls_facts.h"

namespace proto {

struct Accepted {
  uint64_t id = 0;
  uint32_t listener = 0;
  const net::Address* local = nullptr;                 ///< the listener's; outlives the session
  const net::TlsFacts* tls = nullptr;                  ///< of the transport, when it is TLS
  std::shared_ptr<const net::ProxyHeader> proxy = {};  ///< what came in front; null: nothing was to
};

}  // namespace proto
