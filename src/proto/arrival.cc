#include "proto/arrival.h"

#include <sys/socket.h>

#include <cerrno>
#include <string_view>

namespace proto {

Arrival::Arrival(event::Loop& loop, ArrivalOwner& owner, std::unique_ptr<net::Transport> transport,
                 const Accepted& accepted, base::Duration first_bytes)
    : loop_(loop),
      owner_(owner),
      transport_(std::move(transport)),
      timer_(loop, on_timer, this),
      accepted_(accepted) {
  transport_->set_handler(this);
  timer_.start(accepted.tls != nullptr ? kHandshakeTimeout : first_bytes);
  look();
}

void Arrival::look() {
  if (state_ != State::waiting) return;
  accepted_.tls != nullptr ? shake() : look_at_bytes();
}

void Arrival::shake() {
  net::IoResult shaken = transport_->handshake();
  if (shaken.is_wait()) return;
  if (!shaken.is_ready()) return close();
  bool is_h2 = !accepted_.tls->is_plain() && accepted_.tls->alpn() == "h2";
  know(is_h2 ? Protocol::h2 : Protocol::h1);
}

void Arrival::look_at_bytes() {
  char bytes[kTelling];
  ssize_t got = ::recv(transport_->fd(), bytes, sizeof bytes, MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return transport_->watch(EV_READ);
  if (got <= 0) return close();
  std::string_view seen(bytes, static_cast<size_t>(got));
  bool may_be_preface = std::string_view("PRI ").starts_with(seen);
  if (!may_be_preface) return know(Protocol::h1);
  if (got == kTelling) return know(Protocol::h2);
  // A Unix socket tells of every byte: a preface in drops is none there.
  if (transport_->peer().is_unix() || waits_for_more_) return know(Protocol::h1);
  int enough = kTelling;
  waits_for_more_ = ::setsockopt(transport_->fd(), SOL_SOCKET, SO_RCVLOWAT, &enough, sizeof enough) == 0;
  if (!waits_for_more_) return know(Protocol::h1);
  transport_->watch(EV_READ);
}

void Arrival::know(Protocol protocol) {
  protocol_ = protocol;
  state_ = State::known;
  timer_.stop();
  transport_->watch(0);
  loop_.post(*this);
}

void Arrival::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  timer_.stop();
  transport_->close(false);
  loop_.post(*this);  // deleted from there, when nothing of it is on the stack
}

bool Arrival::close_idle() {
  close();
  return true;
}

void Arrival::on_ready() {
  if (state_ == State::closed) {
    owner_.on_session_end(*this);
  } else {
    int one = 1;
    if (waits_for_more_) ::setsockopt(transport_->fd(), SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
    owner_.on_protocol(protocol_, std::move(transport_), accepted_);
  }
  delete this;
}

}  // namespace proto
