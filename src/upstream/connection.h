// One connection to a peer and what decides whether it may be used again. Owned by a lease while in use, by
// the pool while idle.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/list.h"
#include "proto/h1/client_session.h"

namespace upstream {

class Pool;
class Peer;

/// What must be the same for a connection to serve another request: with `keepalive … local` the location,
/// and our end where proxy_bind chose it.
struct ConnectionKey {
  const void* location = nullptr;
  net::Address bind;
  friend bool operator==(const ConnectionKey&, const ConnectionKey&) = default;
};

struct IdleByAge;
struct IdleByPeer;

class Connection final : public base::ListNode<IdleByAge>,
                         public base::ListNode<IdleByPeer>,
                         private h1::IdleHandler {
 public:
  Connection(event::Loop& loop, std::unique_ptr<net::Transport> transport, ConnectionKey key);

  h1::ClientSession& session() { return session_; }
  const ConnectionKey& key() const { return key_; }
  base::MonoTime opened() const { return opened_; }

 private:
  friend class Pool;
  void on_idle_end() override;

  h1::ClientSession session_;
  ConnectionKey key_;
  base::MonoTime opened_;
  base::MonoTime idle_since_ = 0;
  Pool* pool_ = nullptr;  // while idle
};

}  // namespace upstream
