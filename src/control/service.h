// The control API: HTTP/1.1 on the sockets of `control`, in the keeper, through the same sessions as any
// other traffic. Knows who may ask and finds the resource; what is asked and done is the modules' own
// (exchange/control_resource.h). Owned by the keeper process.
#pragma once

#include <memory>
#include <vector>

#include "exchange/control_resource.h"
#include "exchange/worker.h"
#include "http/stream.h"
#include "net/listener.h"
#include "proto/h1/server_session.h"
#include "proxy/config.h"

namespace control {

class Service final : public http::StreamHandler, public net::AcceptHandler, public proto::SessionOwner {
 public:
  /// Most bytes of a request's body.
  static constexpr uint64_t kMaxBody = 16 << 20;
  /// Most connections at a time; more are closed at once.
  static constexpr size_t kMostConnections = 256;

  /// `sockets`: one for each `control` of the configuration, which stay the caller's.
  Service(exchange::Worker& worker, const proxy::Config& config, const std::vector<int>& sockets);
  ~Service() override;

  /// Nothing new is taken; what is under way is answered, then its connection closes.
  void drain();
  /// Ends what is under way.
  void shut_down();

  // http::StreamHandler
  void on_stream(http::Stream& stream) override;
  void on_stream_end(http::Stream& stream, http::StreamEnd end) override;
  const http::HeadLimits& head_limits(uint32_t) override { return limits_; }

  exchange::Worker& worker() { return worker_; }
  const exchange::ControlResources& resources() const { return *resources_; }
  /// The keys of the `control` a connection came by; empty: none is asked for.
  const std::vector<std::string>& keys(uint32_t door) const { return config_.main().control[door].keys; }

 private:
  void on_accept(net::Listener& listener, net::Fd socket, const net::Address& peer) override;
  void on_accept_shortage(net::Listener& listener, int code) override;
  void on_session_end(proto::Session& session) override;

  exchange::Worker& worker_;
  const proxy::Config& config_;
  std::shared_ptr<exchange::ControlResources> resources_;
  http::HeadLimits limits_;
  h1::ServerPools pools_;
  base::List<proto::Session, proto::Session> sessions_;
  std::vector<std::unique_ptr<net::Listener>> doors_;
  size_t open_ = 0;
  uint64_t next_id_ = 1;
};

}  // namespace control
