// A worker's traffic: sessions on accepted connections, exchanges on their streams, until drained.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "exchange/exchange.h"
#include "http/stream.h"
#include "net/address.h"
#include "net/fd.h"
#include "proto/quic.h"
#include "proxy/config.h"

namespace proxy {

class Service final : public http::StreamHandler, public exchange::Host {
 public:
  /// Calls every module's on_worker; errors are logged and end the process start.
  static base::Result<std::unique_ptr<Service>> start(exchange::Worker& worker,
                                                      std::shared_ptr<const Config> config);
  ~Service() override;

  /// Takes a connected socket: its session owns it from here on. `listener`: index into Config::listeners().
  void accept(net::Fd socket, uint32_t listener, const net::Address& peer);
  /// The same for a connection that came elsewhere, to whoever listens on `to`. False, and the socket stays:
  /// no listener has that address.
  bool hand_over(net::Fd& socket, const net::Address& to, const net::Address& peer);
  /// Makes ready for QUIC, where the configuration listens to it. `place`: which worker this is.
  base::Result<void> open_quic(const proto::QuicPlace& place);
  /// A socket for datagrams: number `number` of its address. It is duplicated.
  void add_datagram_socket(uint32_t listener, int fd, unsigned number);
  void start_quic();
  /// Receives no more from those sockets.
  void stop_quic();
  /// Connections open now; each counts against worker_connections.
  size_t connections() const;
  /// Closes connections on which nothing is under way, the longest idle first and never the newest, so that
  /// others can come in; they are gone at the end of the loop's turn. False: all are busy.
  bool make_room();

  /// No new connections come. Idle ones are given one more request; `idle` is called (through the ready
  /// queue) when no connection, exchange or fill is left.
  void drain(std::function<void()> idle);
  /// Writes what the access logs hold back: before they are reopened and before the process ends.
  void flush_logs();
  /// worker_shutdown_timeout: ends what is still under way.
  void shut_down();

  // http::StreamHandler
  void on_stream(http::Stream& stream) override;
  void on_stream_end(http::Stream& stream, http::StreamEnd end) override;
  const http::HeadLimits& head_limits(uint32_t listener) override;
  // exchange::Host
  const exchange::Variables& variables() const override;
  base::Log& log(const exchange::Exchange& exchange) override;
  bool start_detached(const exchange::Exchange& like, const exchange::Module& from,
                      const exchange::PrepareDetached& prepare, exchange::Receiver* receiver) override;

 private:
  struct State;
  Service(exchange::Worker& worker, std::shared_ptr<const Config> config);
  std::unique_ptr<State> state_;
};

}  // namespace proxy
