#include "proto/h3/connection.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "proto/h3/callbacks.h"
#include "proto/h3/clock.h"

namespace h3 {

using http::StreamEnd;

namespace {

constexpr size_t kUniStreams = 16;  // RFC 9114 §6.2: at least three
constexpr base::Duration kLeastFarewell{100};

}  // namespace

Connection::Connection(Server& server, Endpoint& endpoint, const Datagram& datagram)
    : server_(server),
      endpoint_(&endpoint),
      expiry_(server.loop(), on_expiry, this),
      deadline_(server.loop(), on_deadline, this),
      peer_(datagram.path.remote.addr, datagram.path.remote.addrlen),
      local_(datagram.path.local.addr, datagram.path.local.addrlen),
      born_(server.loop().now()) {
  ngtcp2_ccerr_default(&error_);
  facts_.started = server.loop().clock().wall();
  facts_.peer = &peer_;
  facts_.local = &local_;
  facts_.alpn = "h3";
  facts_.secure = true;
  facts_.listener = endpoint.listener();
}

Connection::~Connection() {
  server_.remove_all(*this);
  if (http_ != nullptr) nghttp3_conn_del(http_);
  if (quic_ != nullptr) ngtcp2_conn_del(quic_);
  PC_CHECK(streams_.empty());
}

Connection* Connection::accept(Server& server, Endpoint& endpoint, const Datagram& datagram,
                               const ngtcp2_pkt_hd& head) {
  auto* connection = new Connection(server, endpoint, datagram);
  if (!connection->begin(datagram, head)) {
    delete connection;
    return nullptr;
  }
  connection->facts_.id = server.owner().on_session_begin(*connection);
  return connection;
}

bool Connection::begin(const Datagram& datagram, const ngtcp2_pkt_hd& head) {
  const proto::QuicOptions& options = endpoint_->options();
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.initial_ts = now_ns();
  settings.handshake_timeout = static_cast<ngtcp2_duration>(kHandshakeTimeout.count()) * NGTCP2_MILLISECONDS;
  settings.max_tx_udp_payload_size = 1472;
  settings.cc_algo = options.congestion == proto::QuicOptions::Congestion::bbr    ? NGTCP2_CC_ALGO_BBR
                     : options.congestion == proto::QuicOptions::Congestion::reno ? NGTCP2_CC_ALGO_RENO
                                                                                  : NGTCP2_CC_ALGO_CUBIC;
  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.original_dcid = head.dcid;
  params.original_dcid_present = 1;
  params.initial_max_data = kConnectionWindow;
  params.initial_max_stream_data_bidi_remote = options.stream_buffer;
  params.initial_max_stream_data_uni = options.stream_buffer;
  params.initial_max_streams_bidi = options.max_streams;
  params.initial_max_streams_uni = kUniStreams;
  params.active_connection_id_limit = options.active_ids;
  params.max_idle_timeout = static_cast<ngtcp2_duration>(options.idle_timeout.count()) * NGTCP2_MILLISECONDS;
  ngtcp2_cid id = server_.ids().make(endpoint_->number());
  proto::QuicMemory::Secret secret = server_.memory().reset();
  params.stateless_reset_token_present = 1;
  if (ngtcp2_crypto_generate_stateless_reset_token(params.stateless_reset_token, secret.data(), secret.size(),
                                                   &id) != 0) {
    return false;
  }
  if (ngtcp2_conn_server_new(&quic_, &head.scid, &id, &datagram.path, head.version, &quic_callbacks(),
                             &settings, &params, nullptr, this) != 0) {
    return false;
  }
  const proto::QuicNames& names = server_.owner().quic_names(endpoint_->listener(), local_);
  tls_ = std::make_unique<TlsSession>(reference_, names, server_.memory().tickets());
  reference_.get_conn = [](ngtcp2_crypto_conn_ref* reference) {
    return static_cast<Reference*>(reference)->connection;
  };
  reference_.user_data = tls_.get();
  reference_.connection = quic_;
  ngtcp2_conn_set_tls_native_handle(quic_, tls_->raw());
  facts_.tls = tls_.get();
  server_.add(id, *this);
  server_.add_chosen(head.dcid, datagram.path, *this);
  return true;
}

bool Connection::open_http() {
  if (http_ != nullptr) return true;
  if (ngtcp2_conn_get_streams_uni_left(quic_) < 3) {
    ngtcp2_ccerr_set_application_error(&error_, NGHTTP3_H3_GENERAL_PROTOCOL_ERROR, nullptr, 0);
    return false;
  }
  nghttp3_settings settings;
  nghttp3_settings_default(&settings);
  const http::HeadLimits& limits = server_.handler().head_limits(facts_.listener);
  settings.max_field_section_size =
      std::max(limits.large_buffer_count * limits.large_buffer_size, limits.header_buffer_size);
  settings.qpack_max_dtable_capacity = 4096;
  settings.qpack_blocked_streams = 100;
  if (nghttp3_conn_server_new(&http_, &http_callbacks(), &settings, nullptr, this) != 0) return false;
  nghttp3_conn_set_max_client_streams_bidi(http_, endpoint_->options().max_streams);
  int64_t control = 0, encoder = 0, decoder = 0;
  return ngtcp2_conn_open_uni_stream(quic_, &control, nullptr) == 0 &&
         ngtcp2_conn_open_uni_stream(quic_, &encoder, nullptr) == 0 &&
         ngtcp2_conn_open_uni_stream(quic_, &decoder, nullptr) == 0 &&
         nghttp3_conn_bind_control_stream(http_, control) == 0 &&
         nghttp3_conn_bind_qpack_streams(http_, encoder, decoder) == 0;
}

// ---- turns

void Connection::wake() {
  if (stepping_) {
    again_ = true;
  } else {
    server_.loop().post(*this);
  }
}

void Connection::receive(Endpoint& endpoint, const Datagram& datagram) {
  if (state_ != State::open) return;
  endpoint_ = &endpoint;
  int code = ngtcp2_conn_read_pkt(quic_, &datagram.path, &datagram.info, datagram.bytes.data(),
                                  datagram.bytes.size(), now_ns());
  if (code != 0) fail(code);
  wake();
}

void Connection::fail(int code) {
  if (state_ != State::open) return;
  switch (code) {
    case NGTCP2_ERR_DRAINING:
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:
    case NGTCP2_ERR_IDLE_CLOSE:
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT: state_ = State::silent; break;
    case NGTCP2_ERR_CRYPTO:
      ngtcp2_ccerr_set_tls_alert(&error_, ngtcp2_conn_get_tls_alert(quic_), nullptr, 0);
      state_ = State::failed;
      break;
    default:
      // A callback has said what is wrong, if one has failed.
      if (error_.error_code == 0) ngtcp2_ccerr_set_liberr(&error_, code, nullptr, 0);
      state_ = State::failed;
  }
  wake();
}

void Connection::on_ready() {
  step();
  if (state_ != State::closed || !streams_.empty()) return;
  server_.owner().on_session_end(*this);
  delete this;
}

// Goes on until there is nothing more to do now. What is wanted meanwhile is noted.
void Connection::step() {
  stepping_ = true;
  do {
    again_ = false;
    hand_up();
    settle();
    if (state_ == State::open) flush();
    settle();
    if (state_ == State::failed || state_ == State::silent) {
      if (state_ == State::failed)
        say_close();
      else
        close();
      again_ = true;
    } else if (state_ == State::open && leaving_ == Leaving::told && streams_.empty()) {
      close_with(NGHTTP3_H3_NO_ERROR);
    }
  } while (again_);
  arm();
  stepping_ = false;
}

// ---- streams

// One that has arrived is in another list until it is handed up.
void Connection::touch(ServerStream& stream) {
  if (!static_cast<base::ListNode<Touched>&>(stream).linked()) touched_.push_back(stream);
  wake();
}

void Connection::hand_up() {
  while (ServerStream* stream = arrived_.pop_front()) {
    if (stream->wire_closed_ || state_ != State::open) {
      touch(*stream);
      continue;
    }
    http::Request& request = stream->request_;
    stream->head_.complete(stream->body_.has_value(), server_.handler().head_limits(facts_.listener), true,
                           request);
    if (request.malformed) {
      reset(*stream, NGHTTP3_H3_MESSAGE_ERROR);  // RFC 9114 §4.1.2
      touch(*stream);
      continue;
    }
    ++facts_.requests;
    if (request.refused == 0 && stream->body_ && request.framing == http::Framing::length) {
      stream->body_->announce(request.content_length);
    }
    stream->continue_due_ = request.expects_continue;
    stream->handed_up_ = true;
    server_.handler().on_stream(*stream);
  }
}

void Connection::settle() {
  while (ServerStream* stream = touched_.pop_front()) settle(*stream);
  if (discarded_ > 0) ngtcp2_conn_extend_max_offset(quic_, std::exchange(discarded_, 0));
}

void Connection::settle(ServerStream& stream) {
  if (!stream.ended_ && stream.handed_up_) {
    if (stream.sent_all_ && state_ != State::closed) {
      end_stream(stream, StreamEnd::complete);
    } else if (stream.body_failed_) {
      reset(stream, NGHTTP3_H3_INTERNAL_ERROR);
      end_stream(stream, StreamEnd::body_failed);
    } else if (stream.wire_closed_ || stream.write_shut_ || state_ == State::closed) {
      end_stream(stream, StreamEnd::client_gone);
    } else if (stream.aborted_) {
      reset(stream, NGHTTP3_H3_INTERNAL_ERROR);
      end_stream(stream, StreamEnd::body_failed);
    }
  }
  if (stream.full_ && !stream.wire_closed_ && stream.unacked_.size() < endpoint_->options().stream_buffer) {
    stream.full_ = false;
    nghttp3_conn_resume_stream(http_, stream.id_);
    again_ = true;
  }
  if (stream.body_ && !stream.wire_closed_ && !stream.ended_) see_to_body(stream);
  bool is_let_go = stream.handed_up_ ? stream.ended_ && stream.released_ : true;
  if (is_let_go && (stream.wire_closed_ || state_ == State::closed)) finish(stream);
}

// Gives back the window of what was taken, and begins to wait where the reader does.
void Connection::see_to_body(ServerStream& stream) {
  if (size_t taken = std::exchange(stream.untold_, 0); taken > 0) {
    ngtcp2_conn_extend_max_stream_offset(quic_, stream.id_, taken);
    discarded_ += taken;
    again_ = true;
  }
  if (!std::exchange(stream.wanted_, false) || stream.body_->ended() || stream.body_->failed()) return;
  if (stream.continue_due_) {
    http::Response head(stream.arena_);
    head.status = 100;
    stream.continue_due_ = false;
    stream.inform(head);
    again_ = true;
  }
  if (stream.wait_began_ != 0 || stream.body_->kept() > 0) return;
  stream.wait_began_ = server_.loop().now();
  note_deadline(stream.wait_began_ + stream.policy_.body_timeout.count());
}

void Connection::reset(ServerStream& stream, uint64_t code) {
  if (stream.wire_closed_ || state_ == State::closed) return;
  ngtcp2_conn_shutdown_stream(quic_, 0, stream.id_, code);
  again_ = true;
}

void Connection::end_stream(ServerStream& stream, StreamEnd end) {
  stream.ended_ = true;
  const http::StreamPolicy& policy = stream.policy_;
  keepalive_timeout_ = policy.keepalive_timeout;
  // RFC 9114 §4.1: the answer is whole, the rest of the request is not needed.
  bool reads = stream.body_ && !stream.body_->ended() && !stream.wire_closed_ && state_ != State::closed;
  if (end == StreamEnd::complete && reads) {
    ngtcp2_conn_shutdown_stream_read(quic_, 0, stream.id_, NGHTTP3_H3_NO_ERROR);
    again_ = true;
  }
  bool is_last = facts_.requests >= policy.keepalive_requests || policy.keepalive_timeout.count() <= 0 ||
                 server_.loop().now() - born_ >= policy.keepalive_time.count();
  if (is_last) leave();
  if (stream.body_) {
    discarded_ += stream.body_->kept() + std::exchange(stream.untold_, 0);
    stream.body_->fail(0);
  }
  server_.handler().on_stream_end(stream, end);
}

void Connection::finish(ServerStream& stream) {
  if (!stream.ended_ && stream.body_) discarded_ += stream.body_->kept() + stream.untold_;
  if (state_ != State::closed) ngtcp2_conn_extend_max_streams_bidi(quic_, 1);
  delete &stream;
  again_ = true;
  if (!streams_.empty() || state_ != State::open) return;
  idle_deadline_ = server_.loop().now() + keepalive_timeout_.count();
  server_.owner().on_idle(*this);
}

// ---- the end

// RFC 9114 §5.2: first that no more requests should come, then, a round trip later, which were taken.
void Connection::leave() {
  if (leaving_ != Leaving::no || state_ != State::open) return;
  leaving_ = Leaving::noticed;
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info(quic_, &info);
  if (http_ != nullptr) nghttp3_conn_submit_shutdown_notice(http_);
  auto round_trip = static_cast<base::MonoTime>(info.smoothed_rtt / NGTCP2_MILLISECONDS) + 1;
  goaway_at_ = server_.loop().now() + round_trip;
  wake();
}

void Connection::say_goaway() {
  goaway_at_ = 0;
  leaving_ = Leaving::told;
  if (http_ != nullptr) nghttp3_conn_shutdown(http_);
}

void Connection::close_with(uint64_t application_code) {
  if (state_ != State::open) return;
  ngtcp2_ccerr_set_application_error(&error_, application_code, nullptr, 0);
  state_ = State::failed;
  wake();
}

// RFC 9000 §10.2: says why, and stays three PTO for those who have not heard it.
void Connection::say_close() {
  ngtcp2_path_storage path;
  ngtcp2_path_storage_zero(&path);
  ngtcp2_pkt_info info{};
  ngtcp2_ssize size = ngtcp2_conn_write_connection_close(quic_, &path.path, &info, server_.output(),
                                                         NGTCP2_MAX_UDP_PAYLOAD_SIZE, &error_, now_ns());
  if (size > 0) {
    Bytes packet(server_.output(), static_cast<size_t>(size));
    endpoint_->send(path.path, info.ecn, packet, packet.size());
    auto pto = static_cast<int64_t>(ngtcp2_conn_get_pto(quic_) / NGTCP2_MILLISECONDS);
    server_.stay(*this, path.path, {reinterpret_cast<const char*>(packet.data()), packet.size()},
                 std::max(kLeastFarewell, base::Duration(3 * pto)));
  }
  close();
}

void Connection::close() {
  if (state_ == State::closed) return;
  server_.remove_all(*this);
  state_ = State::closed;
  held_.clear();
  idle_deadline_ = goaway_at_ = sweep_at_ = 0;
  for (ServerStream* stream = streams_.front(); stream != nullptr; stream = streams_.next(*stream)) {
    touch(*stream);
  }
  wake();
}

bool Connection::close_idle() {
  if (!streams_.empty() || state_ == State::closed) return false;
  close_with(NGHTTP3_H3_NO_ERROR);
  return true;
}

void Connection::shut_down() {
  for (ServerStream* stream = streams_.front(); stream != nullptr;) {
    ServerStream* next = streams_.next(*stream);
    if (stream->handed_up_ && !stream->ended_) end_stream(*stream, StreamEnd::shut_down);
    stream = next;
  }
  close_with(NGHTTP3_H3_NO_ERROR);
}

// ---- time

void Connection::arm() {
  if (state_ == State::closed) {
    expiry_.stop();
    deadline_.stop();
    return;
  }
  ngtcp2_tstamp when = ngtcp2_conn_get_expiry(quic_);
  ngtcp2_tstamp now = now_ns();
  if (when == UINT64_MAX) {
    expiry_.stop();
  } else {
    ngtcp2_tstamp after = when > now ? (when - now + NGTCP2_MILLISECONDS - 1) / NGTCP2_MILLISECONDS : 0;
    expiry_.stop();
    expiry_.start(base::Duration(static_cast<int64_t>(after)));
  }
  base::MonoTime next = 0;
  for (base::MonoTime limit : {idle_deadline_, goaway_at_, sweep_at_}) {
    if (limit != 0 && (next == 0 || limit < next)) next = limit;
  }
  if (next == 0) {
    deadline_.stop();
  } else if (deadline_.deadline() != next) {
    deadline_.start_at(next);
  }
}

void Connection::on_expiry(void* owner) {
  auto& self = *static_cast<Connection*>(owner);
  if (self.state_ != State::open) return;
  int code = ngtcp2_conn_handle_expiry(self.quic_, now_ns());
  if (code != 0) self.fail(code);
  self.wake();
}

void Connection::on_deadline(void* owner) {
  auto& self = *static_cast<Connection*>(owner);
  base::MonoTime now = self.server_.loop().now();
  if (self.idle_deadline_ != 0 && now >= self.idle_deadline_) {
    self.idle_deadline_ = 0;
    return self.close_with(NGHTTP3_H3_NO_ERROR);
  }
  if (self.goaway_at_ != 0 && now >= self.goaway_at_) self.say_goaway();
  if (self.sweep_at_ != 0 && now >= self.sweep_at_) self.sweep(now);
  self.wake();
}

// Whose time is up: a client that takes nothing of its response, or sends nothing of its body.
void Connection::sweep(base::MonoTime now) {
  sweep_at_ = 0;
  for (ServerStream* stream = streams_.front(); stream != nullptr;) {
    ServerStream* next = streams_.next(*stream);
    const http::StreamPolicy& policy = stream->policy_;
    if (!stream->ended_ && stream->wait_began_ != 0) {
      base::MonoTime by = stream->wait_began_ + policy.body_timeout.count();
      if (now >= by) {
        stream->wait_began_ = 0;
        stream->body_->fail(408);
      } else {
        note_deadline(by);
      }
    }
    if (stream->resume_at_ != 0 && now >= stream->resume_at_) {
      stream->resume_at_ = 0;
      stream->progress_ = now;
      if (std::exchange(stream->deferred_, false)) nghttp3_conn_resume_stream(http_, stream->id_);
    } else if (stream->resume_at_ != 0) {
      note_deadline(stream->resume_at_);
    } else if (stream->responded_ && !stream->ended_ && !stream->sent_all_) {
      // What waits for the origin is not the client's fault.
      if (stream->deferred_ && stream->unacked_.empty()) stream->progress_ = now;
      base::MonoTime by = stream->progress_ + policy.send_timeout.count();
      if (now < by) {
        note_deadline(by);
      } else {
        reset(*stream, NGHTTP3_H3_REQUEST_CANCELLED);
        end_stream(*stream, StreamEnd::timed_out);
      }
    }
    stream = next;
  }
}

}  // namespace h3
