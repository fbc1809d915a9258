#include "upstream/fetch.h"

#include <algorithm>
#include <cerrno>

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

event::Task<void> Fetch::connect(const http::OriginRequest& request, http::OriginAnswer& answer) {
  const DialOptions options = dial_options(request);
  Dialed dialed;
  co_await dial(loop_, lease_->peer(), options, scope_, dialed);
  answer.fault = dialed.fault;
  answer.error = dialed.error;
  answer.why = answer.head.fields.arena().copy(dialed.why);
  if (dialed.fault != OriginFault::none) co_return;
  lease_->use(std::make_unique<Connection>(loop_, std::move(dialed.transport), key()));
}

DialOptions Fetch::dial_options(const http::OriginRequest& request) const {
  DialOptions options;
  options.connect = options_.connect;
  if (options_.tls.context == nullptr) return options;
  options.tls_common = options_.tls.common;
  options.tls = options_.tls.context;
  options.tls_name = tls_name();
  if (request.version == http::Version::http2) options.protocol = "h2";
  return options;
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
  was_sent_ = body_begun_ = false;
  connect_ms_ = -1;
  bytes_sent_ = bytes_received_ = 0;
  if (request.version == http::Version::http2) {
    co_await ask_shared(request, interim, answer);
    co_return;
  }
  base::MonoTime asked = loop_.now();

  bool must_not_repeat = !options_.idempotent || !options_.repeatable;
  std::unique_ptr<Connection> idle;
  if (!was_stale_) idle = cluster_->pool().take(lease_->peer(), key(), must_not_repeat);
  used_pool_ = idle != nullptr;
  if (idle) {
    lease_->use(std::move(idle));
  } else {
    co_await connect(request, answer);
    if (answer.fault != OriginFault::none) co_return;
  }
  connect_ms_ = loop_.now() - asked;
  was_sent_ = true;
  h1::ClientSession& session = lease_->connection()->session();
  co_await session.fetch(request, options_.limits, interim, scope_, answer);
  bytes_sent_ = session.bytes_sent();
  bytes_received_ = session.bytes_received();
}

// On a connection that others use too. A fresh one may turn out to take fewer than came for it.
event::Task<void> Fetch::take_place(const http::OriginRequest& request, http::OriginAnswer& answer) {
  SharedPool& pool = cluster_->shared_pool();
  bool must_not_repeat = !options_.idempotent || !options_.repeatable;
  answer.fault = OriginFault::refused;
  for (int round = 0; round < kPlaceRounds && answer.fault == OriginFault::refused; ++round) {
    const ConnectionKey wanted = key();
    std::unique_ptr<Place> place = pool.find(lease_->peer(), wanted, must_not_repeat);
    used_pool_ = place != nullptr && !place->connection().is_opening();
    if (!place) place = pool.open(cluster_, lease_->shared_peer(), wanted, dial_options(request));
    answer.fault = co_await place->opened(scope_, options_.connect.timeout);
    answer.error = place->connection().error();
    answer.why = answer.head.fields.arena().copy(place->connection().why());
    bool is_late =
        answer.fault == OriginFault::connect_timeout || answer.fault == OriginFault::handshake_timeout;
    if (is_late) answer.error = ETIMEDOUT;
    if (answer.fault == OriginFault::canceled) answer.error = ECANCELED;
    if (answer.fault == OriginFault::none) lease_->use(std::move(place));
  }
}

event::Task<void> Fetch::ask_shared(const http::OriginRequest& request, http::InterimHandler* interim,
                                    http::OriginAnswer& answer) {
  base::MonoTime asked = loop_.now();
  co_await take_place(request, answer);
  if (answer.fault != OriginFault::none) co_return;
  connect_ms_ = loop_.now() - asked;
  was_sent_ = true;
  h2::ClientStream& stream = *lease_->stream();
  co_await stream.fetch(request, options_.limits, interim, scope_, answer);
  bytes_sent_ = stream.bytes_sent();
  bytes_received_ = stream.bytes_received();
  if (answer.fault == OriginFault::refused) was_sent_ = false;
  body_begun_ = stream.has_begun_body();
}

TryEnd Fetch::describe(Trouble trouble) const {
  TryEnd end;
  end.trouble = trouble;
  end.was_sent = was_sent_;
  end.repeatable = options_.repeatable || !(was_sent_ || body_begun_);
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
  if (h2::ClientStream* stream = lease_->stream()) {
    answer.body = stream->take_body(std::move(lease_));
    return;
  }
  h1::ClientSession& session = lease_->connection()->session();
  answer.body = session.take_body(std::move(lease_));
}

}  // namespace upstream
