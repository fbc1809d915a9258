// A worker: accepts from the listening sockets while it has room, and hands connections to the service.
// Carries all traffic; unprivileged.
#pragma once

#include <memory>
#include <vector>

#include "net/listener.h"
#include "process/child.h"

namespace process {

class WorkerProcess final : public Child {
 public:
  explicit WorkerProcess(Place& place);

 private:
  /// One listener and its index in the configuration.
  struct Door final : net::AcceptHandler {
    Door(WorkerProcess& owner, uint32_t index, int fd);
    void on_accept(net::Listener& listener, net::Fd socket, const net::Address& peer) override;
    void on_accept_shortage(net::Listener& listener, int code) override;
    WorkerProcess& owner;
    uint32_t index;
    net::Listener listener;
  };

  base::Result<void> begin() override;
  void stop_accepting(const std::vector<uint16_t>& last_listeners) override;
  base::Result<void> begin_quic();
  void empty(const Door& door);
  bool is_full();
  bool make_room();
  void close_doors();
  void open_doors();
  static void on_room_check(void* owner);

  std::vector<std::unique_ptr<Door>> doors_;
  event::Timer room_check_;
  bool closed_ = false;      // for want of room
  base::MonoTime told_ = 0;  // when the log last said that connections run out
};

}  // namespace process
