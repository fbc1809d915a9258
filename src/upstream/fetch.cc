#include "upstream/fetch.h"

#include <algorithm>
#include <cerrno>

#include "net/tcp.h"

namespace upstream {

using http::OriginFault;

Fetch::Fetch(event::Loop& loop, base::Log& log, std::shared_ptr<Cluster> cluster, const FetchOptions& options,
             event::CancelScope* scope)
    : loop_(loop),
      log_(log),
      cluster_(std::move(cluster)),
      options_(options),
      scope_(scope),
      began_(loop.now()) {}

const Peer* Fetch::choose() {
  lease_.reset();
  if (tries_ == 0 && !same_) {
    uint32_t limit = options_.retry.tries;
    most_tries_ = cluster_->askable();
    if (limit != 0) most_tries_ = std::min(most_tries_, limit);
  }
  PeerPtr peer = std::exchange(same_, nullptr);
  if (!peer || !peer->begin(loop_.now())) peer = cluster_->choose(selection_);
  if (!peer) return nullptr;
  ++tries_;
  lease_ = std::make_unique<Lease>(cluster_, std::move(peer));
  return &lease_->peer();
}

event::Task<void> Fetch::connect(http::OriginAnswer& answer) {
  base::MonoTime began = loop_.now();
  const net::Address& address = lease_->peer().address();
  base::Result<net::Fd> socket = co_await net::connect_to(loop_, address, options_.connect, scope_);
  if (!socket) {
    int code = socket.error().code;
    answer.error = code;
    answer.fault = OriginFault::connect;
    if (code == ETIMEDOUT) answer.fault = OriginFault::connect_timeout;
    if (code == ECANCELED) answer.fault = OriginFault::canceled;
    co_return;
  }
  std::unique_ptr<net::Transport> transport;
  if (options_.tls.context == nullptr) {
    transport = std::make_unique<net::TcpTransport>(loop_, std::move(*socket), address);
  } else {
    net::TlsTarget target(*options_.tls.context, tls_name(), lease_->peer().tls_sessions());
    auto tls = std::make_unique<net::TlsTransport>(*options_.tls.common, target, std::move(*socket), address);
    base::Duration left = options_.connect.timeout - base::Duration(loop_.now() - began);
    co_await shake_hands(*tls, left, answer);
    if (answer.fault != OriginFault::none) co_return;
    transport = std::move(tls);
  }
  lease_->use(std::make_unique<Connection>(loop_, std::move(transport), key()), false);
}

event::Task<void> Fetch::shake_hands(net::TlsTransport& transport, base::Duration timeout,
                                     http::OriginAnswer& answer) {
  int code = co_await net::shake_hands(loop_, transport, timeout, scope_);
  if (code == 0) co_return;
  answer.fault = OriginFault::handshake;
  if (code == ETIMEDOUT) answer.fault = OriginFault::handshake_timeout;
  if (code == ECANCELED) answer.fault = OriginFault::canceled;
  if (answer.fault == OriginFault::handshake) {
    answer.why = answer.head.fields.arena().copy(transport.failure());
  } else {
    answer.error = code;
  }
}

// Several origins in one cluster may each have a certificate of their own.
std::string_view Fetch::tls_name() const {
  if (!options_.tls.name.empty()) return options_.tls.name;
  const std::string& host = lease_->peer().host();
  return host.empty() ? options_.tls.fallback : host;
}

ConnectionKey Fetch::key() const {
  ConnectionKey key;
  if (cluster_->conf().keepalive.local) key.location = options_.location;
  key.bind = options_.connect.bind;
  if (options_.tls.context == nullptr) return key;
  key.tls = options_.tls.context;
  key.tls_name = tls_name();
  return key;
}

event::Task<void> Fetch::ask(const http::OriginRequest& request, http::InterimHandler* interim,
                             http::OriginAnswer& answer) {
  answer.fault = OriginFault::none;
  answer.error = 0;
  was_sent_ = false;
  connect_ms_ = -1;
  bytes_sent_ = bytes_received_ = 0;
  base::MonoTime asked = loop_.now();

  bool must_not_repeat = !options_.idempotent || !options_.repeatable;
  std::unique_ptr<Connection> idle;
  if (!was_stale_) idle = cluster_->pool().take(lease_->peer(), key(), must_not_repeat);
  used_pool_ = idle != nullptr;
  if (idle) {
    lease_->use(std::move(idle), true);
  } else {
    co_await connect(answer);
    if (answer.fault != OriginFault::none) co_return;
  }
  connect_ms_ = loop_.now() - asked;
  was_sent_ = true;
  h1::ClientSession& session = lease_->connection()->session();
  co_await session.fetch(request, options_.limits, interim, scope_, answer);
  bytes_sent_ = session.bytes_sent();
  bytes_received_ = session.bytes_received();
}

TryEnd Fetch::describe(Trouble trouble) const {
  TryEnd end;
  end.trouble = trouble;
  end.was_sent = was_sent_;
  end.repeatable = options_.repeatable || !was_sent_;
  end.idempotent = options_.idempotent;
  end.counts_as_idempotent = options_.counts_as_idempotent;
  end.tries_left = most_tries_ > tries_ ? most_tries_ - tries_ : 0;
  end.elapsed = base::Duration(loop_.now() - began_);
  return end;
}

Fetch::Next Fetch::judge_fault(const http::OriginAnswer& answer) {
  TryEnd end = describe(trouble_of(answer.fault));
  lease_->close();
  if (answer.fault == OriginFault::canceled) return Next::done;
  if (!was_stale_ && repeats_stale(answer.fault, used_pool_, bytes_sent_, bytes_received_, end)) {
    was_stale_ = true;
    same_ = lease_->shared_peer();
    --tries_;
    return Next::again;
  }
  lease_->failed(log_);
  return asks_another(options_.retry, end) ? Next::again : Next::done;
}

Fetch::Next Fetch::judge(http::OriginAnswer& answer) {
  if (answer.fault != OriginFault::none) {
    Next next = judge_fault(answer);
    lease_.reset();
    return next;
  }
  Trouble trouble = trouble_of_status(answer.head.status);
  bool is_trouble = (options_.retry.on & trouble) != 0;
  bool is_failure = is_trouble && trouble != kHttp403 && trouble != kHttp404;
  if (is_failure) lease_->failed(log_);
  if (is_trouble && asks_another(options_.retry, describe(trouble))) {
    lease_->close();
    lease_.reset();
    return Next::again;
  }
  if (!is_failure) lease_->succeeded();
  return Next::done;
}

void Fetch::take_body(http::OriginAnswer& answer) {
  h1::ClientSession& session = lease_->connection()->session();
  answer.body = session.take_body(std::move(lease_));
}

}  // namespace upstream
