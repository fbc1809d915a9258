// One address of an origin as this worker sees it: what the configuration says of it, how it has answered,
// and how many connections are in use. Owned by its cluster, and by every lease that uses it (DNS may replace
// it meanwhile).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/list.h"
#include "base/units.h"
#include "net/address.h"

namespace net {
class TlsClientSessions;
}

namespace upstream {

/// The parameters of a `server` line.
struct PeerConf {
  uint32_t weight = 1;
  uint32_t max_fails = 1;  ///< 0: never taken out
  base::Duration fail_timeout{10000};
  uint32_t max_conns = 0;  ///< 0: no limit
  bool backup = false;
  bool down = false;
};

/// How a peer has answered. Plain atomics: with `zone` it lies in shared memory and all workers write to it.
/// A lost update costs one count, never more.
struct PeerHealth {
  std::atomic<uint32_t> fails{0};
  std::atomic<base::MonoTime> accessed{0};  ///< the last failure
  std::atomic<base::MonoTime> checked{0};   ///< the last failure, or the last try since it was left alone
};

class ZoneRow;
class Connection;
struct IdleByPeer;
class SharedConnection;
struct SharedByPeer;

class Peer {
 public:
  /// `host`: the name that the `server` line gives; empty where that is an address.
  Peer(const net::Address& address, const PeerConf& conf, std::string_view host = {});
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const net::Address& address() const { return address_; }
  /// "127.0.0.1:80", as $upstream_addr and log lines say it.
  const std::string& name() const { return name_; }
  const std::string& host() const { return host_; }
  const PeerConf& conf() const { return conf_; }

  /// From now on its state is shared by all workers through `row`.
  void share(std::shared_ptr<ZoneRow> row);

  /// max_fails were reached and fail_timeout has not passed since.
  bool is_out(base::MonoTime now) const;
  /// max_conns are in use.
  bool is_full(base::MonoTime now) const;
  /// It is being asked: counts a connection, and after fail_timeout starts the next period of trying. False,
  /// and nothing is counted, when another worker took the last of max_conns meanwhile.
  [[nodiscard]] bool begin(base::MonoTime now);
  /// The try is over. True when this failure took the peer out.
  bool end_failed(base::MonoTime now);
  void end_well();
  /// The same for the only peer of a cluster, whose failures count for nothing.
  void end_well_alone();
  /// The try is over without saying anything of the peer.
  void end();

  /// Requests under way now, in all workers that share it.
  uint32_t in_use() const;
  uint32_t fails() const { return health_->fails.load(std::memory_order_relaxed); }

  /// Of TLS with it, made at first use. A connection may outlive the peer.
  const std::shared_ptr<net::TlsClientSessions>& tls_sessions();

  base::List<Connection, IdleByPeer> idle;            ///< its connections in the pool, the last used first
  base::List<SharedConnection, SharedByPeer> shared;  ///< those that take more requests, the oldest first
  uint32_t stream_limit = 100;                        ///< how many requests one of these took last

  // Smooth weighted round robin: this worker's own, since only proportions matter.
  int64_t current_weight = 0;
  int64_t effective_weight;

 private:
  net::Address address_;
  std::string name_;
  std::string host_;
  std::shared_ptr<net::TlsClientSessions> tls_sessions_;
  PeerConf conf_;
  PeerHealth own_;
  PeerHealth* health_ = &own_;
  std::shared_ptr<ZoneRow> row_;
  uint32_t in_use_ = 0;
};

using PeerPtr = std::shared_ptr<Peer>;

}  // namespace upstream
