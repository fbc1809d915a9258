#include "upstream/shared_connection.h"

#include <algorithm>
#include <cerrno>

#include "upstream/cluster.h"

namespace upstream {

using http::OriginFault;

// ---- a place ----

Place::Place(SharedConnection& connection)
    : connection_(connection),
      answer_(connection.loop_.ready()),
      timer_(
          connection.loop_,
          [](void* self) {
            auto& place = *static_cast<Place*>(self);
            place.answer_.give(place.connection_.lateness());
          },
          this) {
  ++connection.places_;
  ++connection.requests_;
}

Place::~Place() {
  unlink();
  connection_.leave();
}

event::Task<OriginFault> Place::opened(event::CancelScope* scope, base::Duration timeout) {
  if (connection_.over_) co_return connection_.fault_;
  if (!connection_.opening_) co_return OriginFault::none;
  connection_.waiting_.push_back(*this);
  timer_.start(timeout);
  std::optional<event::Canceling<OriginFault>> canceling;
  if (scope != nullptr) canceling.emplace(*scope, answer_, OriginFault::canceled);
  OriginFault outcome = co_await answer_;
  timer_.stop();
  unlink();
  co_return outcome;
}

// ---- a connection ----

SharedConnection::SharedConnection(event::Loop& loop, SharedPool& pool, PeerPtr peer, ConnectionKey key,
                                   DialOptions options)
    : loop_(loop),
      pool_(pool),
      peer_(std::move(peer)),
      key_(std::move(key)),
      options_(std::move(options)),
      scope_(loop.ready()),
      opened_(loop.now()) {
  key_.tls_name = options_.tls_name;
}

event::Task<void> SharedConnection::open([[maybe_unused]] std::shared_ptr<Cluster> keeps) {
  Dialed dialed;
  dialed_ = &dialed;
  co_await dial(loop_, *peer_, options_, &scope_, dialed);
  dialed_ = nullptr;
  if (dialed.fault != OriginFault::none) {
    fail(dialed.fault, dialed.error, dialed.why);
  } else if (places_ == 0) {
    fail(OriginFault::canceled, ECANCELED, {});
  } else {
    auto& handler = static_cast<h2::ClientSessionHandler&>(*this);
    session_.emplace(loop_, std::move(dialed.transport), handler);
  }
}

OriginFault SharedConnection::lateness() const {
  return dialed_ != nullptr && dialed_->connected ? OriginFault::handshake_timeout
                                                  : OriginFault::connect_timeout;
}

bool SharedConnection::has_room() const {
  if (over_) return false;
  uint32_t limit = opening_ ? std::max(peer_->stream_limit, 1U) : session_->stream_limit();
  return places_ < limit;
}

// Who waits is served in order; what the origin has no room for goes elsewhere.
void SharedConnection::on_open() {
  opening_ = false;
  uint32_t limit = session_->stream_limit();
  peer_->stream_limit = limit;
  for (uint32_t given = 0; Place* place = waiting_.pop_front(); ++given) {
    place->answer_.give(given < limit ? OriginFault::none : OriginFault::refused);
  }
}

void SharedConnection::on_end() {
  if (!opening_) {
    over_ = true;
    pool_.on_over(*this);
    return;
  }
  OriginFault fault = session_->fault();
  if (fault == OriginFault::none) fault = OriginFault::closed;
  fail(fault, session_->error(), session_->why());
}

void SharedConnection::fail(OriginFault fault, int error, std::string_view why) {
  opening_ = false;
  over_ = true;
  fault_ = fault;
  error_ = error;
  why_ = why;
  while (Place* place = waiting_.pop_front()) place->answer_.give(fault);
  pool_.on_over(*this);
}

void SharedConnection::leave() {
  if (--places_ > 0) return;
  if (opening_) {
    // Nobody wants it any more. Without a connect under way there is nothing to wait for.
    if (dialed_ != nullptr) return scope_.cancel();
    return fail(OriginFault::canceled, ECANCELED, {});
  }
  pool_.on_unused(*this);
}

}  // namespace upstream
