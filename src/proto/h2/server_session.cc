#include "proto/h2/server_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "net/tls_facts.h"
#include "proto/h2/fields.h"

namespace h2 {

using http::Readiness;
using http::StreamEnd;
using Strain = Patience::Strain;

namespace {

constexpr size_t kTurn = 1 << 20;        // bytes written in a turn
constexpr int kReadsInATurn = 4;         // of kInput bytes
constexpr int64_t kRateGrace = 5000;     // milliseconds a body may take before its rate is judged
constexpr size_t kMaxQueued = 1000;      // frames of the library's that wait for the socket: no more is read
constexpr uint64_t kCreditBytes = 1024;  // sent, for which a WINDOW_UPDATE is borne
constexpr uint8_t kFarewellPing[8] = {'f', 'a', 'r', 'e', 'w', 'e', 'l', 'l'};

}  // namespace

ServerSession::ServerSession(event::Loop& loop, ServerPools& pools, http::StreamHandler& handler,
                             proto::SessionOwner& owner, std::unique_ptr<net::Transport> transport,
                             const proto::Accepted& accepted, const ServerOptions& options)
    : loop_(loop),
      pools_(pools),
      handler_(handler),
      owner_(owner),
      transport_(std::move(transport)),
      timer_(loop, on_timer, this),
      patience_(loop.now()),
      born_(loop.now()),
      max_streams_(options.max_streams) {
  connection_.id = accepted.id;
  connection_.listener = accepted.listener;
  connection_.local = accepted.local;
  connection_.tls = accepted.tls;
  connection_.proxy = accepted.proxy;
  connection_.started = loop.clock().wall();
  connection_.peer = &transport_->peer();
  connection_.fd = transport_->fd();
  connection_.secure = accepted.tls != nullptr;
  if (connection_.secure) connection_.alpn = accepted.tls->alpn();
  transport_->set_handler(this);
  read_deadline_ = loop_.now() + handler_.head_limits(connection_.listener).header_timeout.count();
  greet(options);
  transport_->watch(EV_READ);
  wake();
}

ServerSession::~ServerSession() {
  nghttp2_session_del(session_);
  while (ServerStream* stream = streams_.front()) pools_.give(stream);
}

void ServerSession::greet(const ServerOptions& options) {
  session_ = pools_.open(*this);
  const http::HeadLimits& limits = handler_.head_limits(connection_.listener);
  uint32_t most = std::max(limits.large_buffer_count * limits.large_buffer_size, limits.header_buffer_size);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.max_streams},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, most},
      {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},  // RFC 8441 §3
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},    // RFC 9218 §2.1
  };
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

// ---- turns

void ServerSession::wake() {
  if (stepping_) {
    again_ = true;
  } else {
    loop_.post(*this);
  }
}

void ServerSession::on_ready() {
  step();
  if (state_ != State::closed || !streams_.empty()) return;
  owner_.on_session_end(*this);
  delete this;
}

// Goes on until there is nothing more to do now. What is wanted meanwhile is noted.
void ServerSession::step() {
  stepping_ = true;
  do {
    again_ = false;
    settle();
    if (state_ == State::open) flush();
    settle();
  } while (again_);
  if (state_ == State::open && is_over()) begin_linger();
  if (state_ == State::open) watch();
  arm();
  stepping_ = false;
}

void ServerSession::watch() {
  int events = blocked_ ? EV_WRITE : 0;
  bool crowded = blocked_ && nghttp2_session_get_outbound_queue_size(session_) > kMaxQueued;
  if (!crowded) events |= EV_READ;
  transport_->watch(events);
}

// ---- reading

void ServerSession::on_readable() {
  for (int i = 0; i < kReadsInATurn && state_ != State::closed; ++i) {
    net::IoResult got = transport_->read(pools_.input(), pools_.input_size());
    if (got.is_wait()) break;
    if (!got.is_ready()) {
      lost();
      break;
    }
    if (state_ == State::linger) continue;
    if (!feed(pools_.input(), got.size) || got.size < pools_.input_size()) break;
  }
  wake();
}

void ServerSession::on_writable() {
  blocked_ = false;
  wake();
}

/// False: the connection is at its end.
bool ServerSession::feed(const char* bytes, size_t size) {
  int32_t window = nghttp2_session_get_local_window_size(session_);
  ssize_t used = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes), size);
  count_untold(size, window);
  watch_head();
  if (patience_.is_over()) {
    give_up(Patience::text(patience_.strain()));
    return false;
  }
  if (fault_ != 0) {
    send_last_goaway(fault_);
    begin_linger();
    return false;
  }
  if (used >= 0) return nghttp2_session_want_read(session_) != 0;
  switch (used) {
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      send_last_goaway(NGHTTP2_PROTOCOL_ERROR);  // RFC 9113 §3.4
      begin_linger();
      return false;
    case NGHTTP2_ERR_FLOODED: give_up("frames that ask for an answer"); return false;
    default: give_up(nghttp2_strerror(static_cast<int>(used))); return false;
  }
}

// DATA of a stream that is gone the library throws away without a word; its payload is seen by the window,
// the rest is the heads of those frames.
void ServerSession::count_untold(size_t size, int32_t window) {
  auto told = static_cast<int64_t>(std::exchange(told_, 0));
  int32_t left = nghttp2_session_get_local_window_size(session_);
  if (left > window) return;  // some of it was given back meanwhile
  untold_ += static_cast<int64_t>(size) - told - (window - left);
  constexpr int64_t kHead = 9;  // RFC 9113 §4.1
  if (untold_ < kHead) return;
  patience_.bear(Strain::late, loop_.now(), static_cast<uint32_t>(untold_ / kHead));
  untold_ %= kHead;
}

// The code of what RFC 9113 calls an error of the connection and the library lets pass, or calls another; 0:
// none.
uint32_t ServerSession::judge(const nghttp2_frame_hd& head) {
  if (head.type == NGHTTP2_PRIORITY && head.stream_id == 0) return NGHTTP2_PROTOCOL_ERROR;  // §6.3
  bool is_head = head.type == NGHTTP2_HEADERS;
  return is_head && is_passed_over(head.stream_id) ? NGHTTP2_PROTOCOL_ERROR : 0;
}

// RFC 9113 §5.1.1: a new stream's number is above all before. Below them stand trailers of streams that we
// have ended too, so only what was never used is told apart, and of that what was passed over last.
bool ServerSession::is_passed_over(int32_t id) {
  if (id % 2 == 0) return false;  // the library's to judge
  if (id <= newest_) return id >= skipped_from_ && id <= skipped_to_;
  if (id > newest_ + 2) {
    skipped_from_ = newest_ + 2;
    skipped_to_ = id - 2;
  }
  newest_ = id;
  return false;
}

// A head that has begun must end in its time; a connection on which requests run needs no other limit.
void ServerSession::watch_head() {
  if (reading_head_) {
    auto by = loop_.now() + handler_.head_limits(connection_.listener).header_timeout.count();
    if (read_deadline_ == 0 || live_ == 0)
      read_deadline_ = read_deadline_ == 0 ? by : std::min(by, read_deadline_);
  } else if (!streams_.empty()) {
    read_deadline_ = 0;
  }
}

void ServerSession::hand_up(ServerStream& stream) {
  http::Request& request = stream.request_;
  stream.head_.complete(stream.has_body_, handler_.head_limits(connection_.listener), connection_.secure,
                        request);
  if (request.malformed) {
    tell(fmt::format("client sent a malformed request: {}", request.refused_why));
    return reset(stream, NGHTTP2_PROTOCOL_ERROR);  // RFC 9113 §8.1.1
  }
  if (request.refused == 0 && stream.body_ && request.framing == http::Framing::length) {
    stream.body_->announce(request.content_length);
  }
  ++connection_.requests;
  stream.continue_due_ = request.expects_continue;
  stream.handed_up_ = true;
  handler_.on_stream(stream);
}

// ---- streams

ServerStream* ServerSession::open_stream(int32_t id) {
  ServerStream* stream = pools_.take(*this, id, loop_.now());
  streams_.push_back(*stream);
  ++live_;
  return stream;
}

// One that is held up is looked at again: it may be over.
void ServerSession::touch(ServerStream& stream) {
  if (std::exchange(stream.held_up_, false)) static_cast<base::ListNode<Touched>&>(stream).unlink();
  if (!static_cast<base::ListNode<Touched>&>(stream).linked()) touched_.push_back(stream);
  wake();
}

void ServerSession::settle() {
  if (discarded_ > 0) nghttp2_session_consume_connection(session_, std::exchange(discarded_, 0));
  while (ServerStream* stream = touched_.pop_front()) settle(*stream);
  if (farewell_heard_) say_goaway();
}

void ServerSession::settle(ServerStream& stream) {
  bool arrives = stream.head_complete_ && !stream.seen_ && !stream.wire_closed_ && state_ == State::open;
  if (arrives) {
    stream.seen_ = true;
    hand_up(stream);
  }
  if (!stream.ended_ && stream.handed_up_) {
    if (stream.sent_all_ && !held_.empty() && state_ == State::open) {
      stream.held_up_ = true;
      unflushed_.push_back(stream);
      return;
    }
    if (stream.sent_all_) {
      end_stream(stream, state_ == State::open ? StreamEnd::complete : StreamEnd::client_gone);
    } else if (stream.malformed_) {
      if (!stream.wire_closed_) reset(stream, NGHTTP2_PROTOCOL_ERROR);
      end_stream(stream, StreamEnd::client_gone);
    } else if (stream.body_failed_) {
      end_stream(stream, StreamEnd::body_failed);
    } else if (stream.wire_closed_ || state_ != State::open) {
      end_stream(stream, StreamEnd::client_gone);
    } else if (stream.aborted_) {
      reset(stream, NGHTTP2_INTERNAL_ERROR);
      end_stream(stream, StreamEnd::body_failed);
    }
  }
  if (stream.body_ && !stream.wire_closed_ && !stream.ended_) see_to_body(stream);
  bool is_let_go = !stream.handed_up_ || (stream.ended_ && stream.released_);
  // While the library knows it, frames of it may be on their way.
  bool is_done = stream.wire_closed_ || state_ != State::open;
  if (is_let_go && is_done) finish(stream);
}

// Gives back the window of what was taken, and begins to wait where the reader does.
void ServerSession::see_to_body(ServerStream& stream) {
  if (stream.untold_ > 0) nghttp2_session_consume(session_, stream.id_, std::exchange(stream.untold_, 0));
  if (!std::exchange(stream.wanted_, false) || stream.body_->ended() || stream.body_->failed()) return;
  if (stream.continue_due_) {
    http::Response head(stream.arena_);
    head.status = 100;
    stream.continue_due_ = false;
    stream.inform(head);
  }
  if (!stream.wide_) {
    stream.wide_ = true;
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, stream.id_, kBodyWindow);
  }
  again_ = true;
  if (stream.tunnel_ || stream.wait_began_ != 0 || stream.body_->kept() > 0) return;
  await_body(stream);
}

// client_body_timeout between two arrivals, and client_body_min_rate over all of the time that it was the
// client we waited for.
void ServerSession::await_body(ServerStream& stream) {
  const http::StreamPolicy& policy = stream.policy_;
  stream.wait_began_ = loop_.now();
  stream.wait_until_ = stream.wait_began_ + policy.body_timeout.count();
  if (policy.body_min_rate != 0) {
    auto due = static_cast<int64_t>(stream.body_->received() * 1000 / policy.body_min_rate) + 1;
    stream.wait_until_ =
        std::min(stream.wait_until_, stream.wait_began_ + std::max(due, kRateGrace) - stream.body_waited_);
  }
  note_deadline(stream.wait_until_);
}

void ServerSession::open_tunnel(ServerStream& stream) {
  stream.tunnel_ = true;
  if (!stream.body_) stream.make_body();
  if (!stream.has_body_) stream.body_->end();
}

void ServerSession::reset(ServerStream& stream, uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id_, code);
  again_ = true;
}

void ServerSession::end_stream(ServerStream& stream, StreamEnd end) {
  // Who reads its body learns from it that the client has left.
  if (end == StreamEnd::client_gone && stream.body_) stream.body_->fail(0);
  stream.ended_ = true;
  const http::StreamPolicy& policy = stream.policy_;
  keepalive_timeout_ = policy.keepalive_timeout;
  send_timeout_ = policy.send_timeout;
  lingering_timeout_ = policy.lingering_timeout;
  if (end == StreamEnd::complete) {
    patience_.credit(Strain::resets, 1);
    patience_.credit(Strain::window_updates, 4);
    patience_.credit(Strain::late, 64);
    patience_.credit(Strain::continuations, 8);
    // RFC 9113 §8.1: the answer is whole, the rest of the request is not needed.
    if (!stream.wire_closed_) reset(stream, NGHTTP2_NO_ERROR);
  }
  bool is_last = connection_.requests >= policy.keepalive_requests || policy.keepalive_timeout.count() <= 0 ||
                 loop_.now() - born_ >= policy.keepalive_time.count();
  if (is_last) leave();
  if (stream.body_) {
    discarded_ += stream.body_->kept() + std::exchange(stream.untold_, 0);
    stream.body_->fail(0);
  }
  handler_.on_stream_end(stream, end);
}

void ServerSession::finish(ServerStream& stream) {
  if (!stream.wire_closed_) nghttp2_session_set_stream_user_data(session_, stream.id_, nullptr);
  if (stream.body_ && !stream.ended_) discarded_ += stream.body_->kept() + stream.untold_;
  pools_.give(&stream);
  --live_;
  if (live_ == 0) became_idle();
}

void ServerSession::became_idle() {
  if (state_ != State::open) return;
  read_deadline_ = loop_.now() + keepalive_timeout_.count();
  owner_.on_idle(*this);
}

// ---- writing

// How many bytes of a body may go now; 0 sets resume_at_. The first second's worth is there from the start,
// as in nginx.
uint64_t ServerSession::allowance(ServerStream& stream) {
  const http::StreamPolicy& policy = stream.policy_;
  uint64_t rate = policy.limit_rate;
  if (rate == 0) return UINT64_MAX;
  auto elapsed = static_cast<uint64_t>(loop_.now() - stream.began_ + 1000);
  uint64_t allowed = policy.limit_rate_after + rate / 1000 * elapsed + rate % 1000 * elapsed / 1000;
  if (allowed > stream.body_bytes_sent_) return allowed - stream.body_bytes_sent_;
  uint64_t over = stream.body_bytes_sent_ - allowed;
  stream.resume_at_ = loop_.now() + static_cast<base::MonoTime>(over * 1000 / rate) + 1;
  note_deadline(stream.resume_at_);
  return 0;
}

// There is something to send again: from now on the client is waited for.
void ServerSession::resume(ServerStream& stream) {
  stream.deferred_ = false;
  stream.progress_ = loop_.now();
  note_deadline(stream.progress_ + stream.policy_.send_timeout.count());
  nghttp2_session_resume_data(session_, stream.id_);
  wake();
}

ssize_t ServerSession::read_body(ServerStream& stream, size_t length, uint32_t* flags) {
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (stream.ended_) return NGHTTP2_ERR_DEFERRED;
  http::Peek seen = stream.response_body_->peek(stream.pieces_);
  size_t size = 0;
  if (seen.state == Readiness::ready) {
    for (int i = 0; i < seen.count; ++i) size += stream.pieces_[i].iov_len;
  }
  bool is_short = seen.state == Readiness::end && stream.has_length_ && stream.left_ > 0;
  if (seen.state == Readiness::failed || is_short) {
    stream.body_failed_ = true;
    touch(stream);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  bool is_end = seen.state == Readiness::end || seen.last;
  if (size == 0 && !is_end) {
    stream.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  uint64_t most = length;
  if (stream.has_length_) most = std::min(most, stream.left_);
  uint64_t allowed = size > 0 ? allowance(stream) : most;
  if (allowed == 0) {
    stream.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  most = std::min(most, allowed);
  bool all = size <= most;
  size = static_cast<size_t>(std::min<uint64_t>(size, most));
  bool is_whole = stream.has_length_ ? stream.left_ == size : is_end && all;
  if (is_whole) end_body(stream, flags);
  return static_cast<ssize_t>(size);
}

void ServerSession::end_body(ServerStream& stream, uint32_t* flags) {
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  const http::Fields* trailers = stream.response_body_->trailers();
  if (trailers == nullptr || stream.tunnel_) return;
  std::vector<nghttp2_nv>& lines = pools_.lines();
  for (const http::Field& field : *trailers) {
    // RFC 9110 §6.5.1: what frames the message or routes it does not stand here.
    if (field.id == http::Name::content_length || field.id == http::Name::host || field.id == http::Name::te)
      continue;
    append(field, lines, stream.arena_);
  }
  if (lines.empty()) return;
  *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  nghttp2_submit_trailer(session_, stream.id_, lines.data(), lines.size());
}

// Sends what goes out now: the frames of all streams, gathered for one write.
void ServerSession::flush() {
  if (blocked_ || !flush_held()) return;
  write_deadline_ = 0;
  for (size_t sent = 0;;) {
    pools_.output_size = 0;
    full_ = false;
    while (pools_.output_size < ServerPools::kBatch) {
      const uint8_t* frame = nullptr;
      ssize_t size = nghttp2_session_mem_send(session_, &frame);
      if (size < 0) return lost();
      if (size == 0) break;
      PC_CHECK(pools_.output_size + static_cast<size_t>(size) <= ServerPools::kOutput);
      std::memcpy(pools_.output() + pools_.output_size, frame, static_cast<size_t>(size));
      pools_.output_size += static_cast<size_t>(size);
    }
    size_t gathered = pools_.output_size;
    if (gathered == 0) break;
    if (!write(pools_.output(), gathered)) return;
    sent += gathered;
    if (!full_ && gathered < ServerPools::kBatch) break;
    if (sent >= kTurn) {
      blocked_ = true;  // others have their turn; the socket may be full too
      write_deadline_ = loop_.now() + send_timeout().count();
      return;
    }
  }
  if (patience_.is_over()) give_up(Patience::text(patience_.strain()));
}

// The least that the streams bear which wait for the socket; without any, what the last one bore.
base::Duration ServerSession::send_timeout() {
  base::Duration least = base::Duration::max();
  for (ServerStream* stream = streams_.front(); stream != nullptr; stream = streams_.next(*stream)) {
    if (stream->responded_ && !stream->ended_) least = std::min(least, stream->policy_.send_timeout);
  }
  return least == base::Duration::max() ? send_timeout_ : least;
}

/// False: the socket has not taken all of it, or is gone.
bool ServerSession::write(const char* bytes, size_t size) {
  iovec piece = {const_cast<char*>(bytes), size};
  net::IoResult done = transport_->write(&piece, 1);
  if (done.is_failed()) {
    lost();
    return false;
  }
  size_t taken = done.is_ready() ? done.size : 0;
  sent_since_credit_ += taken;
  patience_.credit(Strain::window_updates, static_cast<uint32_t>(sent_since_credit_ / kCreditBytes));
  sent_since_credit_ %= kCreditBytes;
  if (taken == size) return true;
  held_.assign(bytes + taken, size - taken);
  held_from_ = 0;
  blocked_ = true;
  write_deadline_ = loop_.now() + send_timeout().count();
  return false;
}

bool ServerSession::flush_held() {
  if (held_.empty()) return true;
  iovec piece = {held_.data() + held_from_, held_.size() - held_from_};
  net::IoResult done = transport_->write(&piece, 1);
  if (done.is_failed()) {
    lost();
    return false;
  }
  if (done.is_ready() && done.size > 0) {
    held_from_ += done.size;
    write_deadline_ = loop_.now() + send_timeout().count();
  }
  if (held_from_ < held_.size()) {
    blocked_ = true;
    return false;
  }
  std::string().swap(held_);
  held_from_ = 0;
  write_deadline_ = 0;
  release_held_up();
  return true;
}

void ServerSession::release_held_up() {
  while (ServerStream* stream = unflushed_.front()) touch(*stream);
}

// ---- the end

void ServerSession::drain() { leave(); }

// RFC 9113 §6.8: first that no more streams should come, then, when the client has heard it, which were
// taken.
void ServerSession::leave() {
  if (leaving_ != Leaving::no || state_ != State::open) return;
  leaving_ = Leaving::noticed;
  nghttp2_submit_shutdown_notice(session_);
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kFarewellPing);
  leave_deadline_ = loop_.now() + kFarewell.count();
  wake();
}

void ServerSession::say_goaway() {
  farewell_heard_ = false;
  if (leaving_ == Leaving::told || state_ != State::open) return;
  leaving_ = Leaving::told;
  leave_deadline_ = 0;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  again_ = true;
}

bool ServerSession::is_over() const {
  if (!held_.empty()) return false;
  if (leaving_ == Leaving::told && streams_.empty()) return nghttp2_session_want_write(session_) == 0;
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

// The client asks too much of us.
void ServerSession::give_up(std::string_view what) {
  if (state_ != State::open) return;
  tell(fmt::format("client sent too much: {}", what));
  send_last_goaway(NGHTTP2_ENHANCE_YOUR_CALM);
  begin_linger();
}

void ServerSession::tell(std::string_view what) {
  base::Log& log = pools_.log();
  if (!log.enabled(base::LogLevel::info)) return;
  log.write(base::LogLevel::info, connection_.id,
            fmt::format("{}, client: {}", what, connection_.peer->ip_text()));
}

// Written by hand: the library may be in the middle of what it was refused.
void ServerSession::send_last_goaway(uint32_t code) {
  auto last = static_cast<uint32_t>(nghttp2_session_get_last_proc_stream_id(session_));
  unsigned char frame[17] = {0, 0, 8, NGHTTP2_GOAWAY, 0, 0, 0, 0, 0};
  for (int i = 0; i < 4; ++i) {
    frame[9 + i] = static_cast<unsigned char>(last >> (24 - 8 * i));
    frame[13 + i] = static_cast<unsigned char>(code >> (24 - 8 * i));
  }
  if (!held_.empty()) return;  // it would stand in the middle of a frame
  iovec piece = {frame, sizeof frame};
  transport_->write(&piece, 1);
}

void ServerSession::begin_linger() {
  if (state_ != State::open) return;
  state_ = State::linger;
  held_.clear();
  release_held_up();
  transport_->shutdown_write();
  transport_->watch(EV_READ);
  write_deadline_ = leave_deadline_ = sweep_at_ = 0;
  read_deadline_ = loop_.now() + lingering_timeout_.count();
  for (ServerStream* stream = streams_.front(); stream != nullptr; stream = streams_.next(*stream)) {
    touch(*stream);
  }
  arm();
}

void ServerSession::lost() {
  for (ServerStream* stream = streams_.front(); stream != nullptr; stream = streams_.next(*stream)) {
    stream->wire_closed_ = true;
    touch(*stream);
  }
  close(false);
}

void ServerSession::close(bool reset) {
  if (state_ == State::closed) return;
  transport_->close(reset);
  state_ = State::closed;
  held_.clear();
  release_held_up();
  read_deadline_ = write_deadline_ = leave_deadline_ = sweep_at_ = 0;
  arm();
  loop_.post(*this);  // deleted from there, when nothing of it is on the stack
}

bool ServerSession::close_idle() {
  if (!streams_.empty() || state_ == State::closed) return false;
  if (state_ == State::open) send_last_goaway(NGHTTP2_NO_ERROR);
  close(false);
  return true;
}

void ServerSession::shut_down() {
  if (state_ == State::closed) return;
  if (state_ == State::open) send_last_goaway(NGHTTP2_NO_ERROR);
  for (ServerStream* stream = streams_.front(); stream != nullptr;) {
    ServerStream* next = streams_.next(*stream);
    if (stream->handed_up_ && !stream->ended_) end_stream(*stream, StreamEnd::shut_down);
    stream = next;
  }
  lost();
}

// ---- time

void ServerSession::arm() {
  base::MonoTime next = 0;
  for (base::MonoTime when : {read_deadline_, write_deadline_, leave_deadline_, sweep_at_}) {
    if (when != 0 && (next == 0 || when < next)) next = when;
  }
  if (next == 0) {
    timer_.stop();
  } else if (timer_.deadline() != next) {
    timer_.start_at(next);
  }
}

void ServerSession::on_timer(void* self) { static_cast<ServerSession*>(self)->on_deadline(); }

void ServerSession::on_deadline() {
  base::MonoTime now = loop_.now();
  if (write_deadline_ != 0 && now >= write_deadline_) return lost();
  if (read_deadline_ != 0 && now >= read_deadline_) {
    read_deadline_ = 0;
    if (state_ == State::linger) return close(false);
    send_last_goaway(NGHTTP2_NO_ERROR);
    return lost();
  }
  if (leave_deadline_ != 0 && now >= leave_deadline_) say_goaway();
  if (sweep_at_ != 0 && now >= sweep_at_) sweep(now);
  wake();
}

// Whose time is up: a client that takes nothing of its response, or sends nothing of its body.
void ServerSession::sweep(base::MonoTime now) {
  sweep_at_ = 0;
  for (ServerStream* stream = streams_.front(); stream != nullptr;) {
    ServerStream* next = streams_.next(*stream);
    const http::StreamPolicy& policy = stream->policy_;
    if (!stream->ended_ && stream->wait_began_ != 0) {
      if (now >= stream->wait_until_) {
        stream->wait_began_ = 0;
        stream->body_->fail(408);
      } else {
        note_deadline(stream->wait_until_);
      }
    }
    if (stream->resume_at_ != 0 && now >= stream->resume_at_) {
      stream->resume_at_ = 0;
      if (stream->deferred_) resume(*stream);
    } else if (stream->resume_at_ != 0) {
      note_deadline(stream->resume_at_);
    } else if (stream->responded_ && !stream->ended_ && !stream->deferred_ && !stream->sent_all_) {
      // Behind the others it waits as long as they get on; for its own window as long as nothing of it goes.
      bool has_room = nghttp2_session_get_stream_remote_window_size(session_, stream->id_) > 0;
      base::MonoTime since = has_room ? std::max(stream->progress_, progress_) : stream->progress_;
      base::MonoTime by = since + policy.send_timeout.count();
      if (now < by) {
        note_deadline(by);
      } else {
        reset(*stream, NGHTTP2_CANCEL);
        end_stream(*stream, StreamEnd::timed_out);
      }
    }
    stream = next;
  }
}

}  // namespace h2
