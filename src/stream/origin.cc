#include "stream/origin.h"

#include <cstring>

#include "net/connect.h"
#include "net/socket.h"
#include "net/tcp.h"

namespace stream {

using base::LogLevel;

Origin::~Origin() {
  if (peer_) cluster_->end(*peer_);
}

// False: what the variables say is neither a group nor an address; logged.
bool Origin::find_cluster() {
  const ProxyPass& pass = *session_.server.conf->pass;
  if (pass.cluster) {
    cluster_ = surroundings_.origins.cluster(pass.cluster);
    return true;
  }
  std::string_view text = pass.text.evaluate(session_);
  if (std::shared_ptr<upstream::ClusterConf> group = pass.groups->find(text)) {
    cluster_ = surroundings_.origins.cluster(group);
    return true;
  }
  base::Result<net::Endpoint> endpoint = net::parse_origin(text, 0);
  if (!endpoint) {
    session_.log(LogLevel::error, "{} in upstream \"{}\"", endpoint.error().message, text);
    return false;
  }
  if (endpoint->port == 0 && !endpoint->address.is_unix()) {
    session_.log(LogLevel::error, "no port in upstream \"{}\"", text);
    return false;
  }
  cluster_ = surroundings_.origins.plain(*endpoint);
  return true;
}

event::Task<void> Origin::learn_peers() {
  const exchange::ResolverConf& conf = session_.server.conf->resolver;
  net::Resolver* resolver = surroundings_.origins.resolver(conf.options());
  if (resolver == nullptr) co_return;
  if (cluster_->size() > 0) {
    cluster_->learn_later(*resolver, conf.timeout);
    co_return;
  }
  base::Result<void> learnt = co_await cluster_->learn(*resolver, conf.timeout, &surroundings_.cancel);
  if (!learnt) session_.log(LogLevel::error, "{}", learnt.error().message);
}

bool Origin::may_try_more() const {
  const ServerConf& conf = *session_.server.conf;
  if (tries_ == 0) return true;
  if (!conf.next_upstream || surroundings_.cancel.canceled()) return false;
  if (conf.next_upstream_tries != 0 && tries_ >= conf.next_upstream_tries) return false;
  base::Duration spent(session_.worker.loop().now() - began_);
  return conf.next_upstream_timeout.count() == 0 || spent < conf.next_upstream_timeout;
}

event::Task<bool> Origin::try_peer() {
  const ServerConf& conf = *session_.server.conf;
  event::Loop& loop = session_.worker.loop();
  ++tries_;
  session_.tries.push_back({peer_->name()});
  base::MonoTime asked = loop.now();
  net::ConnectOptions options;
  options.timeout = conf.connect_timeout;
  options.keepalive = conf.socket_keepalive;
  if (!conf.bind.empty()) {
    base::Result<net::Endpoint> bind = net::parse_origin(conf.bind.evaluate(session_), 0);
    if (bind) options.bind = bind->address;
    options.transparent = conf.bind_transparent;
  }
  base::Result<net::Fd> socket =
      co_await net::connect_to(loop, peer_->address(), options, &surroundings_.cancel);
  if (socket) {
    session_.tries.back().connected = loop.now() - asked;
    if (!conf.nodelay && !peer_->address().is_unix()) net::set_nodelay(socket->get(), false);
    transport_ = std::make_unique<net::TcpTransport>(loop, std::move(*socket), peer_->address());
    co_return true;
  }
  session_.tries.back().ended = loop.now() - asked;
  int code = socket.error().code;
  if (code == ETIMEDOUT) {
    session_.log(LogLevel::error, "upstream timed out ({}: {}) while connecting to upstream", code,
                 std::strerror(code));
  } else if (code != ECANCELED) {
    session_.log(LogLevel::error, "connect() failed ({}: {}) while connecting to upstream", code,
                 std::strerror(code));
  }
  if (code == ECANCELED)
    cluster_->end(*peer_);
  else
    cluster_->end_failed(*peer_, session_.worker.log());
  peer_ = nullptr;
  co_return false;
}

event::Task<int> Origin::connect() {
  constexpr int kInternalError = 500, kBadGateway = 502;
  if (!find_cluster()) co_return kInternalError;
  if (cluster_->should_learn()) co_await learn_peers();
  began_ = session_.worker.loop().now();
  while (may_try_more()) {
    peer_ = cluster_->choose(selection_);
    if (!peer_) break;
    bool connected = co_await try_peer();
    if (connected) co_return 0;
  }
  if (tries_ == 0) {
    session_.log(LogLevel::error, "no live upstreams while connecting to upstream \"{}\"",
                 cluster_->conf().name);
  }
  co_return kBadGateway;
}

void Origin::end_well() {
  cluster_->end_well(*peer_);
  peer_ = nullptr;
}

}  // namespace stream
