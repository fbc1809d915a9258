// A worker's traffic of layer 4: accepted connections become sessions, until drained.
#pragma once

#include <memory>

#include "exchange/worker.h"
#include "net/address.h"
#include "net/fd.h"
#include "stream/run_session.h"

namespace stream {

class Service {
 public:
  /// All of these outlive it; its sessions pass worker.under_way().
  Service(exchange::Worker& worker, const Conf& conf, decltype(Surroundings::hand_over) hand_over);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Takes a connected socket. `listener`: index into Conf::listeners; `listening`: its address.
  void accept(net::Fd socket, uint32_t listener, const net::Address& listening, const net::Address& peer,
              uint64_t id);
  /// Sessions open now.
  size_t open() const { return open_; }
  /// worker_shutdown_timeout: ends what is still under way.
  void shut_down() { cancel_.cancel(); }

 private:
  event::Task<void> run(std::unique_ptr<Session> session, event::Gate::Pass pass);
  void count(int by);

  exchange::Worker& worker_;
  const Conf& conf_;
  upstream::Origins origins_;
  Buffers buffers_;
  event::CancelScope cancel_;
  Surroundings surroundings_;
  size_t open_ = 0;
};

}  // namespace stream
