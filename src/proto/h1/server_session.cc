#include "proto/h1/server_session.h"

#include <algorithm>

#include "base/check.h"
#include "http/make_request.h"
#include "net/socket.h"
#include "net/tls_facts.h"

namespace h1 {

using http::StreamEnd;

namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr uint32_t kBodyRoom = 4096;   // a read of a body is worth at least this much
constexpr int64_t kRateGrace = 5000;   // milliseconds a body may take before its rate is judged
constexpr int kReadsInATurn = 16;      // of what is thrown away
constexpr size_t kMaxNonsense = 1024;  // bytes that are logged of what is no request line

std::string_view first_line(std::string_view bytes) {
  bytes.remove_prefix(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
  return bytes.substr(0, std::min(bytes.find_first_of("\r\n"), kMaxNonsense));
}

}  // namespace

ServerSession::ServerSession(event::Loop& loop, ServerPools& pools, http::StreamHandler& handler,
                             proto::SessionOwner& owner, std::unique_ptr<net::Transport> transport,
                             const proto::Accepted& accepted)
    : loop_(loop),
      pools_(pools),
      handler_(handler),
      owner_(owner),
      transport_(std::move(transport)),
      timer_(loop, on_timer, this),
      input_(pools.buffers()),
      head_(pools.buffers()),
      born_(loop.now()) {
  connection_.id = accepted.id;
  connection_.listener = accepted.listener;
  connection_.local = accepted.local;
  connection_.tls = accepted.tls;
  connection_.proxy = accepted.proxy;
  connection_.started = loop.clock().wall();
  connection_.peer = &transport_->peer();
  connection_.fd = transport_->fd();
  transport_->set_handler(this);
  read_by(accepted.tls != nullptr ? kHandshakeTimeout
                                  : handler_.head_limits(connection_.listener).header_timeout);
  begin_handshake();
  arm();
}

ServerSession::~ServerSession() {
  if (stream_ != nullptr) release_stream();
}

void ServerSession::begin_handshake() {
  net::IoResult shaken = transport_->handshake();
  if (shaken.is_wait()) return;
  if (!shaken.is_ready()) return close(false);
  if (connection_.tls != nullptr) {
    connection_.secure = !connection_.tls->is_plain();
    if (connection_.secure) connection_.alpn = connection_.tls->alpn();
    read_by(handler_.head_limits(connection_.listener).header_timeout);
  }
  state_ = State::idle;
  transport_->watch(EV_READ);
}

void ServerSession::wake() {
  if (settling_) {
    again_ = true;
  } else {
    loop_.post(*this);
  }
}

void ServerSession::watch(int events) {
  if (transport_->fd() >= 0) transport_->watch(events);
}

void ServerSession::arm() {
  base::MonoTime next = read_deadline_;
  if (next == 0 || (write_deadline_ != 0 && write_deadline_ < next)) next = write_deadline_;
  if (next == 0) {
    timer_.stop();
  } else if (timer_.deadline() != next) {
    timer_.start_at(next);
  }
}

void ServerSession::on_ready() {
  settle();
  if (state_ != State::closed || stream_ != nullptr) return;
  owner_.on_session_end(*this);
  delete this;
}

void ServerSession::on_readable() {
  settling_ = true;  // what is wanted meanwhile comes right after
  switch (state_) {
    case State::handshake: begin_handshake(); break;
    case State::idle:
    case State::head: read_head(); break;
    case State::exchange: exchange_readable(); break;
    case State::discard: break;
    case State::linger: linger(); break;
    case State::closed: break;
  }
  settling_ = false;
  settle();
}

void ServerSession::on_writable() {
  if (state_ == State::handshake) begin_handshake();
  settle();
}

// Goes on until there is nothing more to do now. Never runs inside itself: what is wanted meanwhile is noted.
void ServerSession::settle() {
  if (settling_) return;
  settling_ = true;
  do again_ = false;
  while (step() || again_);
  settling_ = false;
  arm();
  bool reading = state_ == State::head;
  if (reading != told_reading_) owner_.on_reading(told_reading_ = reading);
}

bool ServerSession::step() {
  if (state_ == State::exchange) return pump();
  if (state_ == State::discard) return discard();
  return false;
}

// ---- reading heads

void ServerSession::acquire() {
  stream_ = pools_.take(*this, handler_.head_limits(connection_.listener));
  stream_->started_ = loop_.now();
  stream_->pipelined_ = !input_.empty();
  if (!input_.held()) input_.take(Buffers::kHead);
}

void ServerSession::make_head_room() {
  if (input_.room() > 0) return;
  const char* before = input_.data();
  input_.grow(input_.capacity() * 2);
  stream_->parser_.moved(before, input_.data());
}

void ServerSession::read_head() {
  bool was_idle = state_ == State::idle;
  if (was_idle) acquire();
  make_head_room();
  net::IoResult got = transport_->read(input_.tail(), input_.room());
  if (!got.is_ready()) {
    if (got.is_wait() && !was_idle) return;
    release_stream();
    input_.release();
    if (!got.is_wait()) close(false);
    return;
  }
  input_.grew(got.size);
  if (was_idle) {
    state_ = State::head;
    // The first request's time began when the connection was made.
    if (connection_.requests > 0) read_by(handler_.head_limits(connection_.listener).header_timeout);
  }
  parse_head();
  if (state_ == State::head && is_drip(got.size)) refuse(408, "the header comes in drops");
}

void ServerSession::parse_head() {
  Parser& parser = stream_->parser_;
  switch (parser.parse(input_.data(), input_.end())) {
    case Parsed::more: return;
    case Parsed::bad: return refuse(parser.status(), parser.why());
    case Parsed::done: return start_exchange();
  }
}

void ServerSession::start_exchange() {
  ServerStream& stream = *stream_;
  const Parser& parser = stream.parser_;
  const char* data = input_.data();
  input_.keep_head(parser.size());
  stream.request_length_ = parser.size();
  stream.request_.request_line = parser.start_line(data);
  http::ReceivedHead received{parser.method(data), parser.target(data), {}, {}, {}, parser.version()};
  http::make_request(received, handler_.head_limits(connection_.listener), connection_.secure,
                     stream.request_);
  if (stream.request_.refused == 0 && connection_.tls != nullptr && connection_.tls->is_plain()) {
    stream.request_.refused = http::kPlainToTls;
    stream.request_.refused_why = "plain HTTP request to a TLS port";
  }
  if (stream.request_.refused == 0 && stream.request_.framing != http::Framing::none) {
    stream.body_.emplace(source(), input_, stream.request_.framing, stream.request_.content_length,
                         stream.arena_, handler_.head_limits(connection_.listener));
    stream.continue_due_ = stream.request_.expects_continue;
  }
  hand_up();
}

// What was understood of the head so far is for the log; nothing of it is acted upon.
void ServerSession::refuse(int status, std::string_view why) {
  ServerStream& stream = *stream_;
  http::Request& request = stream.request_;
  if (stream.parser_.has_start_line()) {
    request.request_line = stream.parser_.start_line(input_.data());
    request.method_text = stream.parser_.method(input_.data());
    request.method = http::find_method(request.method_text);
    request.version = stream.parser_.version();
  } else {
    request.request_line = first_line({input_.data(), input_.end()});
  }
  request.scheme = connection_.secure ? "https" : "http";
  request.refused = status;
  request.refused_why = why;
  request.keep_alive = false;
  stream.request_length_ = input_.end();
  input_.keep_head(input_.end());
  hand_up();
}

void ServerSession::hand_up() {
  read_deadline_ = 0;
  drips_ = 0;
  gone_ = reading_wanted_ = throttled_ = false;
  wait_began_ = body_waited_ = 0;
  body_received_ = 0;
  ++connection_.requests;
  state_ = State::exchange;
  handler_.on_stream(*stream_);
}

bool ServerSession::is_drip(size_t size) {
  drips_ = size < kDrip ? static_cast<uint16_t>(drips_ + 1) : 0;
  return drips_ >= kMaxDrips;
}

// ---- while the handler has the stream

// The socket can be read: the body wants it, or it tells that the client has left, or it waits for its turn.
void ServerSession::exchange_readable() {
  ServerStream& stream = *stream_;
  if (stream.ended_) return watch(0);
  if (reading_wanted_) {
    reading_wanted_ = false;
    if (stream.body_->reader() != nullptr) loop_.post(*stream.body_->reader());
    return;
  }
  int others = transport_->watched() & ~EV_READ;
  bool has_body = stream.body_ && !stream.body_->ended() && !stream.body_->failed();
  if (has_body || stream.tunnel_ || !input_.empty()) return watch(others);
  net::IoResult seen = transport_->peek();
  if (seen.is_wait()) return;
  // A client that has said all may have closed its side and still read: as long as bytes flow to it, it is
  // there.
  bool flows = (others & EV_WRITE) != 0;
  if (seen.is_ready() || (seen.is_end() && flows)) return watch(others);
  client_gone();
}

net::IoResult ServerSession::read_body() {
  ServerStream& stream = *stream_;
  if (transport_->fd() < 0) return net::IoResult::end();
  if (stream.continue_due_) {
    stream.continue_due_ = false;
    if (!stream.responded_) stream.sender_->add_interim(kContinue);
    wake();
  }
  input_.make_room(kBodyRoom, head_);
  net::IoResult got = transport_->read(input_.tail(), input_.room());
  if (got.is_ready()) {
    input_.grew(got.size);
    note_body_read(got.size);
    if (!stream.tunnel_ && is_drip(got.size)) {
      stream.body_->fail(408);
      return net::IoResult::failed(ETIMEDOUT);
    }
  }
  if (got.is_ready() || got.is_wait()) await_body();
  return got;
}

void ServerSession::note_body_read(size_t size) {
  stream_->request_length_ += size;
  body_received_ += size;
  if (wait_began_ != 0) body_waited_ += loop_.now() - wait_began_;
  wait_began_ = 0;
  read_deadline_ = 0;
}

// Its reader waits for more from now on: client_body_timeout between two reads, and client_body_min_rate over
// all of the time that it was the client we waited for.
void ServerSession::await_body() {
  reading_wanted_ = true;
  watch(transport_->watched() | EV_READ);
  if (wait_began_ != 0 || stream_->tunnel_) return;
  const http::StreamPolicy& policy = stream_->policy_;
  wait_began_ = loop_.now();
  read_by(state_ == State::discard ? lingering_timeout_ : policy.body_timeout);
  if (policy.body_min_rate != 0) {
    auto due = static_cast<int64_t>(body_received_ * 1000 / policy.body_min_rate) + 1;
    read_deadline_ = std::min(read_deadline_, wait_began_ + std::max(due, kRateGrace) - body_waited_);
  }
  arm();
}

void ServerSession::on_body_end() {
  reading_wanted_ = false;
  wait_began_ = read_deadline_ = 0;
}

void ServerSession::on_body_failed(int status) {
  ServerStream& stream = *stream_;
  reading_wanted_ = false;
  wait_began_ = read_deadline_ = 0;
  stream.keep_alive_ = false;
  if (stream.request_.refused == 0 && !stream.ended_) stream.request_.refused = status != 0 ? status : 499;
  gone_ = status == 0;
  if (stream.body_->reader() != nullptr && !stream.ended_) loop_.post(*stream.body_->reader());
  wake();
}

// How segments leave: tcp_nodelay, and tcp_nopush for a file, whose first bytes then share the head's
// segment.
void ServerSession::set_pushing(http::Body* body) {
  const http::StreamPolicy& policy = stream_->policy_;
  int fd = transport_->fd();
  if (delayed_ == policy.tcp_nodelay && fd >= 0) {
    delayed_ = !policy.tcp_nodelay;
    net::set_nodelay(fd, policy.tcp_nodelay);
  }
  if (!policy.tcp_nopush || !policy.sendfile || !transport_->can_send_file() || body == nullptr) return;
  if (body->file_part().size == 0) return;
  corked_ = true;
  net::set_nopush(fd, true);
}

void ServerSession::open_tunnel() {
  ServerStream& stream = *stream_;
  if (stream.body_ && !stream.body_->ended())
    return stream.abort();  // its bytes would be taken for the tunnel's
  stream.body_.emplace(source(), input_, http::Framing::until_end, 0, stream.arena_,
                       handler_.head_limits(connection_.listener));
  watch(transport_->watched() | EV_READ);
}

// Sends what can be sent and ends the stream when that was all. True: something changed.
bool ServerSession::pump() {
  ServerStream& stream = *stream_;
  if (stream.ended_) return stream.released_ && finish_exchange();
  if (gone_) {
    client_gone();
    return true;
  }
  if (stream.aborted_) {
    end_stream(StreamEnd::body_failed, true);
    return true;
  }
  Sender& sender = *stream.sender_;
  if (!sender.started() && !sender.has_interim()) return false;
  uint64_t before = sender.bytes_sent();
  Sender::Pace pace{stream.policy_.limit_rate, stream.policy_.limit_rate_after, stream.policy_.sendfile};
  Sender::Turn turn = sender.turn(*transport_, pace, loop_.now());
  stream.bytes_sent_ = sender.bytes_sent();
  stream.body_bytes_sent_ = sender.body_bytes_sent();
  throttled_ = turn == Sender::Turn::throttled;
  int others = transport_->watched() & ~EV_WRITE;
  switch (turn) {
    case Sender::Turn::done: end_stream(StreamEnd::complete, false); return true;
    case Sender::Turn::idle:
    case Sender::Turn::waiting:
      write_deadline_ = 0;
      watch(others);
      return false;
    case Sender::Turn::blocked:
      if (write_deadline_ == 0 || sender.bytes_sent() != before) {
        write_deadline_ = loop_.now() + stream.policy_.send_timeout.count();
      }
      watch(others | EV_WRITE);
      return false;
    case Sender::Turn::throttled:
      write_deadline_ = sender.resume_at();
      watch(others);
      return false;
    case Sender::Turn::failed: client_gone(); return true;
    case Sender::Turn::body_failed: end_stream(StreamEnd::body_failed, true); return true;
  }
  return false;
}

void ServerSession::end_stream(StreamEnd end, bool reset) {
  ServerStream& stream = *stream_;
  stream.ended_ = true;
  read_deadline_ = write_deadline_ = wait_began_ = 0;
  reading_wanted_ = false;
  if (std::exchange(corked_, false) && transport_->fd() >= 0) net::set_nopush(transport_->fd(), false);
  if (end != StreamEnd::complete) {
    stream.keep_alive_ = false;
    transport_->break_off();
    transport_->close(reset);
    if (stream.body_) stream.body_->fail(0);
  } else if (transport_->watched() & EV_WRITE) {
    watch(EV_READ);
  }
  handler_.on_stream_end(stream, end);
}

// ---- after it

bool ServerSession::may_keep_alive(const ServerStream& stream) const {
  const http::StreamPolicy& policy = stream.policy_;
  if (!stream.request_.keep_alive || stream.request_.refused != 0 || draining_) return false;
  if (policy.keepalive_timeout.count() <= 0 || connection_.requests >= policy.keepalive_requests)
    return false;
  if (loop_.now() - born_ >= policy.keepalive_time.count()) return false;
  if (!stream.body_ || stream.body_->ended()) return true;
  // A client that waits for 100 may send its body or not: nobody can tell what its next bytes are (RFC 9110
  // §10.1.1).
  if (stream.body_->failed() || stream.continue_due_) return false;
  return stream.body_->remaining().value_or(0) <= kMaxDiscard;
}

bool ServerSession::wants_linger() const {
  using Lingering = http::StreamPolicy::Lingering;
  const ServerStream& stream = *stream_;
  if (transport_->fd() < 0 || stream.policy_.lingering == Lingering::off) return false;
  if (stream.policy_.lingering == Lingering::always || stream.request_.refused != 0) return true;
  return !input_.empty() || (stream.body_ && !stream.body_->ended());
}

bool ServerSession::finish_exchange() {
  ServerStream& stream = *stream_;
  const http::StreamPolicy& policy = stream.policy_;
  lingering_time_ = policy.lingering_time;
  lingering_timeout_ = policy.lingering_timeout;
  keepalive_timeout_ = policy.keepalive_timeout;
  if (stream.keep_alive_ && stream.body_ && !stream.body_->ended()) {
    stream.body_->set_reader(nullptr);
    linger_until_ = loop_.now() + lingering_time_.count();
    state_ = State::discard;
    return true;
  }
  if (stream.keep_alive_) return next_request();
  bool lingers = wants_linger();
  release_stream();
  head_.release();
  input_.release();
  if (lingers) {
    begin_linger();
  } else {
    close(false);
  }
  return false;
}

// Reads what is left of a body that nobody wanted, so that the connection can be used again.
bool ServerSession::discard() {
  IncomingBody& body = *stream_->body_;
  iovec pieces[16];
  for (int i = 0; i < kReadsInATurn; i++) {
    http::Peek seen = body.peek(pieces);
    if (seen.state == http::Readiness::end) return next_request();
    if (seen.state == http::Readiness::wait) return false;
    if (seen.state == http::Readiness::failed) break;
    size_t size = 0;
    for (int piece = 0; piece < seen.count; piece++) size += pieces[piece].iov_len;
    body.consume(size);
    if (body.consumed() > kMaxDiscard + stream_->request_.content_length || loop_.now() > linger_until_)
      break;
  }
  if (body.ended()) return next_request();
  bool goes_on = !body.failed() && body.consumed() <= kMaxDiscard && loop_.now() <= linger_until_;
  if (goes_on) {
    wake();
    return false;
  }
  release_stream();
  head_.release();
  input_.release();
  close(false);
  return false;
}

void ServerSession::release_stream() { pools_.give(std::exchange(stream_, nullptr)); }

bool ServerSession::next_request() {
  release_stream();
  head_.release();
  read_deadline_ = write_deadline_ = 0;
  input_.forget_head();
  watch(EV_READ);
  if (input_.empty()) {
    input_.release();
    state_ = State::idle;
    owner_.on_idle(*this);
    read_by(keepalive_timeout_);
    return false;
  }
  state_ = State::head;
  read_by(handler_.head_limits(connection_.listener).header_timeout);
  acquire();
  parse_head();
  return true;
}

void ServerSession::begin_linger() {
  state_ = State::linger;
  transport_->shutdown_write();
  linger_until_ = loop_.now() + lingering_time_.count();
  watch(EV_READ);
  linger();
}

void ServerSession::linger() {
  char waste[4096];
  for (int i = 0; i < kReadsInATurn; i++) {
    net::IoResult got = transport_->read(waste, sizeof waste);
    if (got.is_end() || got.is_failed()) return close(false);
    if (got.is_wait()) break;
  }
  read_deadline_ = std::min(loop_.now() + lingering_timeout_.count(), linger_until_);
}

void ServerSession::close(bool reset) {
  transport_->close(reset);
  state_ = State::closed;
  read_deadline_ = write_deadline_ = 0;
  arm();
  loop_.post(*this);  // deleted from there, when nothing of it is on the stack
}

// ---- time, and the end of the worker

void ServerSession::on_timer(void* self) { static_cast<ServerSession*>(self)->on_deadline(); }

void ServerSession::on_deadline() {
  base::MonoTime now = loop_.now();
  if (write_deadline_ != 0 && now >= write_deadline_) {
    write_deadline_ = 0;
    if (!throttled_) end_stream(StreamEnd::timed_out, stream_->policy_.reset_timedout);
  }
  if (read_deadline_ != 0 && now >= read_deadline_) {
    read_deadline_ = 0;
    if (state_ == State::exchange) {
      stream_->body_->fail(408);
    } else if (state_ == State::head && stream_->parser_.begun()) {
      refuse(408, "the header took too long");
    } else {
      if (stream_ != nullptr) release_stream();
      head_.release();
      input_.release();
      close(false);
    }
  }
  settle();
}

void ServerSession::drain() { draining_ = true; }

bool ServerSession::close_idle() {
  bool is_over = state_ == State::idle || state_ == State::linger;
  if (is_over) close(false);
  return is_over;
}

void ServerSession::shut_down() {
  if (state_ == State::closed) return;
  if (state_ == State::exchange) {
    if (!stream_->ended_) end_stream(StreamEnd::shut_down, false);
    return wake();
  }
  if (stream_ != nullptr) release_stream();
  close(false);
}

}  // namespace h1
