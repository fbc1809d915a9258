// The connection of a session to an origin: which one, and through how many tries.
#pragma once

#include <memory>

#include "event/task.h"
#include "net/transport.h"
#include "stream/run_session.h"

namespace stream {

class Origin {
 public:
  Origin(Session& session, Surroundings& surroundings) : session_(session), surroundings_(surroundings) {}
  ~Origin();
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  /// Chooses and connects. 0, or the status that the session ends with; why is logged.
  event::Task<int> connect();
  net::Transport& transport() { return *transport_; }
  /// The session goes no further with it.
  void end_well();

 private:
  bool find_cluster();
  event::Task<void> learn_peers();
  event::Task<bool> try_peer();
  bool may_try_more() const;

  Session& session_;
  Surroundings& surroundings_;
  std::shared_ptr<upstream::Cluster> cluster_;
  upstream::Selection selection_;
  upstream::PeerPtr peer_;  // counted as in use
  uint32_t tries_ = 0;
  base::MonoTime began_ = 0;
  std::unique_ptr<net::Transport> transport_;
};

}  // namespace stream
