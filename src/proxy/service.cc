#include "proxy/service.h"

#include <algorithm>
#include <unordered_set>

#include "event/gate.h"
#include "exchange/core_conf.h"
#include "exchange/traffic.h"
#include "net/proxy_protocol.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "proto/arrival.h"
#include "proto/h1/server_session.h"
#include "proto/h2/server_session.h"
#include "proxy/access_log.h"
#include "proxy/detached_stream.h"
#include "proxy/error_log.h"
#include "proxy/http2_conf.h"
#include "proxy/quic_conf.h"
#include "proxy/router.h"
#include "proxy/run_exchange.h"
#include "proxy/tls_conf.h"
#include "stream/service.h"

namespace proxy {

using exchange::Exchange;

namespace {

constexpr size_t kClosedAtOnce = 32;  // idle connections, for new ones

}  // namespace
using exchange::Traffic;

struct Service::State final : proto::ArrivalOwner, proto::QuicOwner {
  State(exchange::Worker& the_worker, std::shared_ptr<const Config> the_config, Service& service)
      : worker(the_worker),
        handler(service),
        config(std::move(the_config)),
        under_way(the_worker.under_way()),
        detached(the_worker.loop(), under_way, handler),
        layer4(worker, config->stream(),
               [&service](net::Fd& socket, const net::Address& to, const net::Address& peer) {
                 return service.hand_over(socket, to, peer);
               }),
        before_sessions(the_worker.loop().ready()),
        h2_pools(the_worker.log(), config->http2_recv_buffer()) {}

  void on_session_end(proto::Session&) override { on_connection_end(); }
  void on_connection() {
    ++open;
    count(Traffic::Total::accepted);
    count(Traffic::Total::handled);
    count(Traffic::Open::connections, 1);
    under_way.enter();
  }
  void on_connection_end() {
    --open;
    count(Traffic::Open::connections, -1);
    under_way.leave();
  }
  void on_idle(proto::Session& session) override { sessions.push_back(session); }
  void on_reading(bool reading) override { count(Traffic::Open::reading, reading ? 1 : -1); }
  bool has_room() override { return open < config->events().worker_connections; }
  uint64_t on_session_begin(proto::Session& session) override {
    on_connection();
    keep(session);
    return next_id++;
  }
  const proto::QuicNames& quic_names(uint32_t listener, const net::Address& local) override {
    return config->router().names_for(listener, local);
  }
  void count(Traffic::Total total) {
    if (Traffic* traffic = worker.traffic()) traffic->add(total);
  }
  void count(Traffic::Open what, int by) {
    if (Traffic* traffic = worker.traffic()) traffic->add(what, by);
  }
  /// Our end of a connection: the listener's address, or what a wildcard socket was reached at.
  const net::Address* local_address(int fd, const net::Address& listening) {
    if (!listening.is_wildcard()) return &listening;
    return &*locals.insert(net::local_address(fd)).first;
  }

  /// Makes the session of a connection; what it is becomes the session's.
  void begin(net::Fd socket, const net::Address& peer, const ServerNames& names, proto::Accepted& accepted);
  void on_protocol(proto::Protocol protocol, std::unique_ptr<net::Transport> transport,
                   const proto::Accepted& accepted) override;
  void begin_h1(std::unique_ptr<net::Transport> transport, const proto::Accepted& accepted);
  void begin_h2(std::unique_ptr<net::Transport> transport, const proto::Accepted& accepted);
  void keep(proto::Session& session);
  /// The same once its PROXY header is there.
  event::Task<void> begin_proxied(net::Fd socket, net::Address peer, const ServerNames& names,
                                  std::unique_ptr<proto::Accepted> accepted);

  exchange::Worker& worker;
  http::StreamHandler& handler;
  std::shared_ptr<const Config> config;
  std::unique_ptr<net::TlsCommon> tls;  // null when nobody listens with TLS
  event::Gate& under_way;
  h1::ServerPools h1_pools;
  base::List<proto::Session, proto::Session> sessions;        // the idle ones: longest idle first
  std::unordered_set<net::Address, net::AddressHash> locals;  // as many as this machine has addresses
  DetachedStreams detached;
  stream::Service layer4;
  event::CancelScope before_sessions;  // connections whose PROXY header is being read
  h2::ServerPools h2_pools;
  size_t open = 0;
  uint64_t next_id = 1;
  bool draining = false;
  std::unique_ptr<proto::Quic> quic;  // null when nobody listens to it
};

base::Result<std::unique_ptr<Service>> Service::start(exchange::Worker& worker,
                                                      std::shared_ptr<const Config> config) {
  worker.use(config->parts());
  for (const exchange::Module* module : config->modules()) {
    if (module->on_worker == nullptr) continue;
    base::Result<void> started = module->on_worker(*module, worker);
    if (!started) return base::fail("{}: {}", module->name, started.error().message);
  }
  base::Result<std::unique_ptr<net::TlsCommon>> tls = open_tls(worker);
  if (!tls) return tl::unexpected(tls.error());
  std::unique_ptr<Service> service(new Service(worker, std::move(config)));
  service->state_->tls = std::move(*tls);
  return service;
}

Service::Service(exchange::Worker& worker, std::shared_ptr<const Config> config)
    : state_(std::make_unique<State>(worker, std::move(config), *this)) {}

Service::~Service() = default;

bool Service::hand_over(net::Fd& socket, const net::Address& to, const net::Address& peer) {
  const std::vector<net::ListenOptions>& listeners = state_->config->listeners();
  auto found = std::ranges::find_if(listeners,
                                    [&](const net::ListenOptions& l) { return !l.quic && l.address == to; });
  if (found == listeners.end()) return false;
  accept(std::move(socket), static_cast<uint32_t>(found - listeners.begin()), peer);
  return true;
}

void Service::accept(net::Fd socket, uint32_t listener, const net::Address& peer) {
  State& state = *state_;
  size_t of_http = state.config->listeners().size() - state.config->stream().listeners.size();
  if (listener >= of_http) {
    state.layer4.accept(std::move(socket), static_cast<uint32_t>(listener - of_http),
                        state.config->listeners()[listener].address, peer, state.next_id++);
    return;
  }
  proto::Accepted accepted;
  accepted.id = state.next_id++;
  accepted.listener = listener;
  accepted.local = state.local_address(socket.get(), state.config->listeners()[listener].address);
  const ServerNames& names = state.config->router().names_for(listener, *accepted.local);
  state.on_connection();
  if (names.proxy_protocol()) {
    event::spawn(
        state.begin_proxied(std::move(socket), peer, names, std::make_unique<proto::Accepted>(accepted)));
  } else {
    state.begin(std::move(socket), peer, names, accepted);
  }
}

base::Result<void> Service::open_quic(const proto::QuicPlace& place) {
  State& state = *state_;
  base::Result<std::optional<proto::QuicMemory>> memory = map_quic_memory(state.worker);
  if (!memory) return tl::unexpected(memory.error());
  if (!*memory) return {};
  auto quic =
      proto::make_quic(state.worker.loop(), state.worker.log(), *this, state, std::move(**memory), place);
  if (!quic) return tl::unexpected(quic.error());
  state.quic = std::move(*quic);
  return {};
}

void Service::add_datagram_socket(uint32_t listener, int fd, unsigned number) {
  if (state_->quic == nullptr) return;
  state_->quic->add_socket(listener, state_->config->listeners()[listener].address, {}, fd, number);
}

void Service::start_quic() {
  if (state_->quic != nullptr) state_->quic->start();
}

void Service::stop_quic() {
  if (state_->quic != nullptr) state_->quic->stop();
}

// Before there is a session: nothing of the connection is known but where it comes from.
event::Task<void> Service::State::begin_proxied(net::Fd socket, net::Address peer, const ServerNames& names,
                                                std::unique_ptr<proto::Accepted> accepted) {
  base::Duration limit = handler.head_limits(accepted->listener).header_timeout;
  base::Result<std::shared_ptr<const net::ProxyHeader>> header =
      co_await net::read_proxy_header(worker.loop(), socket.get(), limit, &before_sessions);
  if (header) {
    accepted->proxy = std::move(*header);
    begin(std::move(socket), peer, names, *accepted);
    co_return;
  }
  bool is_broken = header.error().code == EPROTO;
  base::LogLevel level = is_broken ? base::LogLevel::error : base::LogLevel::info;
  if (worker.log().enabled(level)) {
    worker.log().write(level, accepted->id,
                       fmt::format("{}{} while reading the PROXY protocol header, client: {}, server: {}",
                                   is_broken ? "broken header: " : "", header.error().message, peer.ip_text(),
                                   accepted->local->text()));
  }
  on_connection_end();
}

void Service::State::begin(net::Fd socket, const net::Address& peer, const ServerNames& names,
                           proto::Accepted& accepted) {
  std::unique_ptr<net::Transport> transport;
  if (names.ssl()) {
    auto secure = std::make_unique<net::TlsTransport>(*tls, names, std::move(socket), peer);
    accepted.tls = &secure->facts();
    transport = std::move(secure);
  } else {
    transport = std::make_unique<net::TcpTransport>(worker.loop(), std::move(socket), peer);
  }
  bool may_be_h2 = names.ssl() ? names.any_h2() : names.speaks_h2({});
  if (!may_be_h2) return begin_h1(std::move(transport), accepted);
  base::Duration limit = handler.head_limits(accepted.listener).header_timeout;
  keep(*new proto::Arrival(worker.loop(), *this, std::move(transport), accepted, limit));
}

void Service::State::on_protocol(proto::Protocol protocol, std::unique_ptr<net::Transport> transport,
                                 const proto::Accepted& accepted) {
  if (protocol == proto::Protocol::h2) return begin_h2(std::move(transport), accepted);
  begin_h1(std::move(transport), accepted);
}

void Service::State::begin_h1(std::unique_ptr<net::Transport> transport, const proto::Accepted& accepted) {
  keep(*new h1::ServerSession(worker.loop(), h1_pools, handler, *this, std::move(transport), accepted));
}

void Service::State::begin_h2(std::unique_ptr<net::Transport> transport, const proto::Accepted& accepted) {
  const ServerNames& names = config->router().names_for(accepted.listener, *accepted.local);
  std::string_view name = accepted.tls != nullptr ? accepted.tls->server_name() : std::string_view();
  const Http2Conf& conf = http2_of(names.server_of(name));
  h2::ServerOptions options{conf.max_streams, conf.preread_size};
  keep(*new h2::ServerSession(worker.loop(), h2_pools, handler, *this, std::move(transport), accepted,
                              options));
}

void Service::State::keep(proto::Session& session) {
  sessions.push_back(session);
  if (draining) session.drain();
}

size_t Service::connections() const { return state_->open + state_->layer4.open(); }

bool Service::make_room() {
  size_t most = std::clamp<size_t>(state_->open / 8, 1, kClosedAtOnce);
  size_t closed = 0;
  proto::Session* newest = state_->sessions.back();  // for which room is made
  if (newest == nullptr) return false;
  for (proto::Session* session = state_->sessions.front(); session != newest && closed < most;) {
    proto::Session* next = state_->sessions.next(*session);
    closed += session->close_idle();
    session = next;
  }
  return closed > 0;
}

void Service::drain(std::function<void()> idle) {
  State& state = *state_;
  state.draining = true;
  for (proto::Session* session = state.sessions.front(); session != nullptr;
       session = state.sessions.next(*session)) {
    session->drain();
  }
  state.under_way.when_empty(std::move(idle));
}

void Service::shut_down() {
  for (proto::Session* session = state_->sessions.front(); session != nullptr;) {
    proto::Session* next = state_->sessions.next(*session);
    session->shut_down();
    session = next;
  }
  state_->detached.shut_down();
  state_->before_sessions.cancel();
  state_->layer4.shut_down();
}

void Service::flush_logs() { flush_access_logs(state_->worker); }

void Service::on_stream(http::Stream& stream) {
  state_->count(Traffic::Total::requests);
  state_->count(Traffic::Open::writing, 1);
  Exchange* exchange = stream.arena().make<Exchange>(state_->worker, *this, stream);
  stream.user = exchange;
  event::spawn(run_exchange(*exchange, state_->config->router()));
}

void Service::on_stream_end(http::Stream& stream, http::StreamEnd end) {
  Exchange& exchange = *static_cast<Exchange*>(stream.user);
  state_->count(Traffic::Open::writing, -1);
  exchange.end = end;
  exchange.client_gone = end != http::StreamEnd::complete;
  exchange.ended().give(end);
  if (exchange.client_gone) exchange.cancel.cancel();
}

bool Service::start_detached(const Exchange& like, const exchange::Module& from,
                             const exchange::PrepareDetached& prepare, exchange::Receiver* receiver) {
  State& state = *state_;
  DetachedStream* stream = state.detached.make(like, receiver);
  if (stream == nullptr) return false;
  state.count(Traffic::Open::writing, 1);
  Exchange* exchange = stream->arena().make<Exchange>(state.worker, *this, *stream);
  exchange->client = &stream->client();
  exchange->take_route(like);
  stream->user = exchange;
  prepare(*exchange, like);
  event::spawn(run_detached(*exchange, from));
  return true;
}

const http::HeadLimits& Service::head_limits(uint32_t listener) {
  return state_->config->router().default_server(listener).route->core->head;
}

const exchange::Variables& Service::variables() const { return state_->config->variables(); }

base::Log& Service::log(const Exchange& exchange) { return error_log_of(state_->worker, exchange.route); }

}  // namespace proxy
