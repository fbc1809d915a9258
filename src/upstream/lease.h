// A connection in use for one request, and its peer's place among the busy ones. Owned by the body of the
// answer (or by the fetch, until there is one). When it goes, the connection returns to the pool if it can
// serve again, else it is closed.
#pragma once

#include <memory>

#include "http/client.h"
#include "upstream/cluster.h"

namespace upstream {

class Lease;

/// Hears that a lease ends, while its connection is still there: what was moved in all can be read from its
/// session.
struct LeaseObserver {
  virtual void on_lease_end(Lease& lease) = 0;

 protected:
  ~LeaseObserver() = default;
};

class Lease final : public http::Hold {
 public:
  /// `peer` was chosen from `cluster` and is still counted as in use.
  Lease(std::shared_ptr<Cluster> cluster, PeerPtr peer)
      : cluster_(std::move(cluster)), peer_(std::move(peer)) {}
  ~Lease() override;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  Peer& peer() const { return *peer_; }
  const PeerPtr& shared_peer() const { return peer_; }
  /// Null: nobody. An observer that goes first takes itself back.
  void observe(LeaseObserver* observer) { observer_ = observer; }
  /// Null until there is one.
  Connection* connection() const { return connection_.get(); }
  bool from_pool() const { return from_pool_; }
  void use(std::unique_ptr<Connection> connection, bool from_pool);
  /// Ends the connection; the peer stays counted.
  void close();

  /// What the try says of the peer; without it: nothing.
  void failed(base::Log& log);
  void succeeded() { verdict_ = Verdict::well; }

 private:
  enum class Verdict : uint8_t { none, well, told };

  std::shared_ptr<Cluster> cluster_;
  PeerPtr peer_;
  std::unique_ptr<Connection> connection_;
  bool from_pool_ = false;
  Verdict verdict_ = Verdict::none;
  LeaseObserver* observer_ = nullptr;
};

}  // namespace upstream
