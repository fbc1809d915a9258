// All of QUIC in one worker: its sockets, and which connection a datagram belongs to. Connections are made
// here, count at the worker's service, and delete themselves; what is left of one that has ended (RFC 9000
// §10.2) stays a while as a Farewell.
#pragma once

#include <nghttp3/nghttp3.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/h3/byte_queue.h"
#include "proto/h3/connection_id.h"
#include "proto/h3/endpoint.h"
#include "proto/quic.h"

namespace h3 {

/// Whoever the packets of a connection id are for.
class Receiver {
 public:
  virtual void receive(Endpoint& endpoint, const Datagram& datagram) = 0;
  /// From now on its owner deletes it.
  std::vector<std::string>& ids() { return ids_; }

 protected:
  ~Receiver() = default;

 private:
  friend class Server;
  std::vector<std::string> ids_;  // its keys in the server's table
};

class Farewell;

class Server final : public proto::Quic, public DatagramHandler {
 public:
  Server(event::Loop& loop, base::Log& log, http::StreamHandler& handler, proto::QuicOwner& owner,
         proto::QuicMemory memory, const proto::QuicPlace& place);
  ~Server() override;

  // proto::Quic
  void add_socket(uint32_t listener, const net::Address& address, const proto::QuicOptions& options, int fd,
                  unsigned number) override;
  void start() override;
  void stop() override;

  event::Loop& loop() { return loop_; }
  base::Log& log() { return log_; }
  http::StreamHandler& handler() { return handler_; }
  proto::QuicOwner& owner() { return owner_; }
  const proto::QuicMemory& memory() const { return memory_; }
  const ConnectionIds& ids() const { return ids_; }
  BlockPool& blocks() { return blocks_; }
  /// Room for one train of packets, used within a call only.
  uint8_t* output() { return output_.get(); }
  static constexpr size_t kOutput = Endpoint::kTrain + 4096;
  /// Field lines of the head that is being made.
  std::vector<nghttp3_nv>& lines() {
    lines_.clear();
    return lines_;
  }

  /// Packets for `id` go to `receiver`.
  void add(const ngtcp2_cid& id, Receiver& receiver);
  /// Those for an id that a client has chosen for itself, from this path only: nobody hits another's
  /// handshake.
  void add_chosen(const ngtcp2_cid& id, const ngtcp2_path& path, Receiver& receiver);
  void remove(const ngtcp2_cid& id);
  void remove_all(Receiver& receiver);
  /// What is for `from` is answered with `packet` (nothing, when it is empty) for so long.
  void stay(Receiver& from, const ngtcp2_path& path, std::string packet, base::Duration time);

 private:
  friend class Farewell;
  using Table = std::unordered_map<std::string, Receiver*>;

  void on_datagram(Endpoint& endpoint, const Datagram& datagram) override;
  uint8_t* input() override { return input_.get(); }
  void accept(Endpoint& endpoint, const Datagram& datagram);
  void refuse_version(Endpoint& endpoint, const Datagram& datagram, const ngtcp2_version_cid& ids);

  event::Loop& loop_;
  base::Log& log_;
  http::StreamHandler& handler_;
  proto::QuicOwner& owner_;
  proto::QuicMemory memory_;
  ConnectionIds ids_;
  BlockPool blocks_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  Table receivers_;
  base::List<Farewell, Farewell> farewells_;
  std::unique_ptr<uint8_t[]> input_;
  std::unique_ptr<uint8_t[]> output_;
  std::vector<nghttp3_nv> lines_;
};

}  // namespace h3
