// A connection in use for one request, or a place on one that requests share, and its peer's place among the
// busy ones. Owned by the body of the answer (or by the fetch, until there is one). When it goes, the
// connection returns to the pool if it can serve again, else it is closed.
#pragma once

#include <memory>
#include <optional>

#include "http/client.h"
#include "proto/h2/client_stream.h"
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
  /// Null until there is one, or when it is shared.
  Connection* connection() const { return connection_.get(); }
  /// On a shared connection; null on one of its own.
  h2::ClientStream* stream() { return stream_ ? &*stream_ : nullptr; }
  void use(std::unique_ptr<Connection> connection) { connection_ = std::move(connection); }
  /// A place on an open connection: the request's stream is made.
  void use(std::unique_ptr<Place> place);
  /// Ends the connection, or gives back the place; the peer stays counted.
  void close();
  /// The request's body goes away now, whether it is through or not.
  void stop_sending();

  uint64_t bytes_sent() const;
  uint64_t bytes_received() const;

  /// What the try says of the peer; without it: nothing.
  void failed(base::Log& log);
  void succeeded() { verdict_ = Verdict::well; }

 private:
  enum class Verdict : uint8_t { none, well, told };

  std::shared_ptr<Cluster> cluster_;
  PeerPtr peer_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Place> place_;
  std::optional<h2::ClientStream> stream_;  // goes before its place
  Verdict verdict_ = Verdict::none;
  LeaseObserver* observer_ = nullptr;
};

}  // namespace upstream
