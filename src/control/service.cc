#include "control/service.h"

#include "control/run_call.h"
#include "event/gate.h"
#include "net/tcp.h"

namespace control {

Service::Service(exchange::Worker& worker, const proxy::Config& config, const std::vector<int>& sockets)
    : worker_(worker), config_(config) {
  limits_.large_buffer_size = 32768;  // a URL to be purged stands in the target
  resources_ = config.parts().find_shared<exchange::ControlResources>(exchange::kControlKind, "resources");
  if (!resources_) resources_ = std::make_shared<exchange::ControlResources>();
  for (int socket : sockets) {
    doors_.push_back(std::make_unique<net::Listener>(worker.loop(), socket, false, *this, worker.log()));
    doors_.back()->start();
  }
}

Service::~Service() = default;

void Service::on_accept(net::Listener& listener, net::Fd socket, const net::Address& peer) {
  if (open_ >= kMostConnections) {
    worker_.log().print(base::LogLevel::warn, "{} control connections are enough, one was closed", open_);
    return;
  }
  proto::Accepted accepted;
  accepted.id = next_id_++;
  accepted.local = &listener.address();
  for (size_t i = 0; i < doors_.size(); ++i) {
    if (doors_[i].get() == &listener) {
      accepted.listener = static_cast<uint32_t>(i);
      accepted.local = &config_.main().control[i].socket.address;
    }
  }
  auto transport = std::make_unique<net::TcpTransport>(worker_.loop(), std::move(socket), peer);
  ++open_;
  worker_.under_way().enter();
  auto* session = new h1::ServerSession(worker_.loop(), pools_, *this, *this, std::move(transport), accepted);
  sessions_.push_back(*session);
}

void Service::on_accept_shortage(net::Listener&, int) {}

void Service::on_session_end(proto::Session&) {
  --open_;
  worker_.under_way().leave();
}

void Service::drain() {
  doors_.clear();
  for (proto::Session* session = sessions_.front(); session != nullptr;) {
    proto::Session* next = sessions_.next(*session);
    session->drain();
    session->close_idle();
    session = next;
  }
}

void Service::shut_down() {
  for (proto::Session* session = sessions_.front(); session != nullptr;) {
    proto::Session* next = sessions_.next(*session);
    session->shut_down();
    session = next;
  }
}

void Service::on_stream(http::Stream& stream) {
  RunningCall* running = stream.arena().make<RunningCall>(*this, stream);
  stream.user = running;
  event::spawn(run_call(*running));
}

void Service::on_stream_end(http::Stream& stream, http::StreamEnd end) {
  RunningCall& running = *static_cast<RunningCall*>(stream.user);
  running.end(end);
}

}  // namespace control
