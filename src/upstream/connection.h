// One connection to a peer and what decides whether it may be used again. Owned by a lease while in use, by
// the pool while idle.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/list.h"
#include "net/tls_client.h"
#include "proto/h1/client_session.h"

namespace upstream {

class Pool;
class Peer;

/// What must be the same for a connection to serve another request: with `keepalive … local` the location,
/// our end where proxy_bind chose it, and how TLS was made and with whom.
struct ConnectionKey {
  const void* location = nullptr;
  net::Address bind;
  const net::TlsClientContext* tls = nullptr;  ///< null: no TLS
  std::string_view tls_name;                   ///< a connection keeps its own
  friend bool operator==(const ConnectionKey&, const ConnectionKey&) = default;
};

struct IdleByAge;
struct IdleByPeer;

class Connection final : public base::ListNode<IdleByAge>,
                         public base::ListNode<IdleByPeer>,
                         private h1::IdleHandler {
 public:
  Connection(event::Loop& loop, std::unique_ptr<net::Transport> transport, const ConnectionKey& key);

  h1::ClientSession& session() { return session_; }
  const ConnectionKey& key() const { return key_; }
  base::MonoTime opened() const { return opened_; }

 private:
  friend class Pool;
  void on_idle_end() override;

  h1::ClientSession session_;
  std::string tls_name_;
  ConnectionKey key_;
  base::MonoTime opened_;
  base::MonoTime idle_since_ = 0;
  Pool* pool_ = nullptr;  // while idle
};

}  // namespace upstream
