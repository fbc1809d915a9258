// A connection to a peer that many requests use at once (HTTP/2), from the first connect(2) on: who comes
// while it is being opened waits for it. Owned by a SharedPool; places on it are owned by leases.
#pragma once

#include <memory>
#include <optional>

#include "event/cancel.h"
#include "event/task.h"
#include "proto/h2/client_session.h"
#include "upstream/connection.h"
#include "upstream/dial.h"

namespace upstream {

class Cluster;
class SharedPool;
class SharedConnection;
struct SharedByPeer;
struct SharedIdle;

/// One request's place on a shared connection. The connection lives as long as it.
class Place final : public base::ListNode<> {
 public:
  explicit Place(SharedConnection& connection);
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  SharedConnection& connection() const { return connection_; }
  /// Waits until requests may go out: `none`. `refused`: there is no room for this one after all, look
  /// elsewhere. Else why the connection did not come to be.
  event::Task<http::OriginFault> opened(event::CancelScope* scope, base::Duration timeout);

 private:
  friend class SharedConnection;
  SharedConnection& connection_;
  event::Answer<http::OriginFault> answer_;
  event::Timer timer_;
};

class SharedConnection final : public base::ListNode<SharedByPeer>,
                               public base::ListNode<SharedIdle>,
                               private h2::ClientSessionHandler {
 public:
  SharedConnection(event::Loop& loop, SharedPool& pool, PeerPtr peer, ConnectionKey key, DialOptions options);

  /// Connects; whoever has a place is told. `keeps` holds the pool.
  event::Task<void> open(std::shared_ptr<Cluster> keeps);

  /// Requests may begin. Not yet, while it is being opened; no more, after is_over().
  bool is_open() const { return session_ && session_->accepts(); }
  bool is_opening() const { return opening_; }
  /// It takes no more requests; those under way go on.
  bool is_over() const { return over_; }
  h2::ClientSession& session() { return *session_; }
  const ConnectionKey& key() const { return key_; }
  Peer& peer() const { return *peer_; }
  /// Why it is over without having been open.
  int error() const { return error_; }
  const std::string& why() const { return why_; }

 private:
  friend class Place;
  friend class SharedPool;
  void on_open() override;
  void on_end() override;
  void fail(http::OriginFault fault, int error, std::string_view why);
  void leave();
  /// Places that may be given beyond those that are.
  bool has_room() const;
  /// What it is when a place has waited too long.
  http::OriginFault lateness() const;

  event::Loop& loop_;
  SharedPool& pool_;
  PeerPtr peer_;
  ConnectionKey key_;
  DialOptions options_;
  event::CancelScope scope_;  // of its opening
  std::optional<h2::ClientSession> session_;
  base::List<Place> waiting_;
  std::string why_;
  base::MonoTime opened_;
  base::MonoTime idle_since_ = 0;
  uint64_t requests_ = 0;
  uint32_t places_ = 0;
  int error_ = 0;
  http::OriginFault fault_ = http::OriginFault::refused;  // why nothing can begin, once over_
  const Dialed* dialed_ = nullptr;                        // while open() runs
  bool opening_ = true;
  bool over_ = false;
};

}  // namespace upstream
