// What a connection sends: the bodies of its responses, packets, and trains of them.
#include <algorithm>
#include <cstring>

#include "proto/h3/clock.h"
#include "proto/h3/connection.h"
#include "proto/h3/fields.h"

namespace h3 {

using http::Readiness;

namespace {

constexpr size_t kPieces = 8;
constexpr size_t kRead = 16384;      // bytes of a body taken at once
constexpr uint64_t kTurn = 1 << 20;  // bytes sent in a turn: others have theirs

}  // namespace

// ---- bodies

// How many bytes of a body may go now; 0 sets resume_at_. The first second's worth is there from the start,
// as in nginx.
uint64_t Connection::allowance(ServerStream& stream) {
  const http::StreamPolicy& policy = stream.policy_;
  uint64_t rate = policy.limit_rate;
  if (rate == 0) return UINT64_MAX;
  auto elapsed = static_cast<uint64_t>(server_.loop().now() - stream.began_ + 1000);
  uint64_t allowed = policy.limit_rate_after + rate / 1000 * elapsed + rate % 1000 * elapsed / 1000;
  if (allowed > stream.body_bytes_sent_) return allowed - stream.body_bytes_sent_;
  uint64_t over = stream.body_bytes_sent_ - allowed;
  stream.resume_at_ = server_.loop().now() + static_cast<base::MonoTime>(over * 1000 / rate) + 1;
  note_deadline(stream.resume_at_);
  return 0;
}

nghttp3_ssize Connection::read_response(nghttp3_conn*, int64_t, nghttp3_vec* pieces, size_t count,
                                        uint32_t* flags, void* connection, void* stream) {
  return static_cast<Connection*>(connection)
      ->read_body(*static_cast<ServerStream*>(stream), pieces, count, flags);
}

// Copies what the body has now to where it stays until the client has acknowledged it.
nghttp3_ssize Connection::read_body(ServerStream& stream, nghttp3_vec* pieces, size_t count,
                                    uint32_t* flags) {
  if (stream.ended_ || stream.body_failed_ || stream.response_body_ == nullptr) {
    stream.deferred_ = true;
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  size_t most = endpoint_->options().stream_buffer;
  if (stream.unacked_.size() >= most) {
    stream.full_ = true;
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  uint64_t room = std::min(most - stream.unacked_.size(), kRead);
  if (stream.has_length_) room = std::min(room, stream.left_);
  iovec seen_pieces[kPieces];
  http::Peek seen = stream.response_body_->peek(seen_pieces);
  bool is_short = seen.state == Readiness::end && stream.has_length_ && stream.left_ > 0;
  if (seen.state == Readiness::failed || is_short) {
    stream.body_failed_ = true;
    touch(stream);
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  if (seen.state == Readiness::wait) {
    stream.deferred_ = true;
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  if (seen.state == Readiness::ready) room = std::min(room, allowance(stream));
  if (room == 0 && seen.state == Readiness::ready) {
    stream.deferred_ = true;
    return NGHTTP3_ERR_WOULDBLOCK;
  }
  size_t filled = 0, taken = 0;
  bool all = true;
  for (int i = 0; seen.state == Readiness::ready && i < seen.count; ++i) {
    std::string_view rest(static_cast<const char*>(seen_pieces[i].iov_base), seen_pieces[i].iov_len);
    while (!rest.empty() && filled < count && taken < room) {
      std::string_view kept = stream.unacked_.append_piece(rest.substr(0, room - taken));
      pieces[filled++] = {reinterpret_cast<uint8_t*>(const_cast<char*>(kept.data())), kept.size()};
      taken += kept.size();
      rest.remove_prefix(kept.size());
    }
    if (!rest.empty()) all = false;
  }
  if (taken > 0) stream.response_body_->consume(taken);
  stream.body_bytes_sent_ += taken;
  stream.bytes_sent_ += taken;
  if (stream.has_length_) stream.left_ -= taken;
  bool is_end = seen.state == Readiness::end || (seen.last && all);
  if (stream.has_length_ ? stream.left_ == 0 : is_end) end_body(stream, flags);
  return static_cast<nghttp3_ssize>(filled);
}

void Connection::end_body(ServerStream& stream, uint32_t* flags) {
  *flags |= NGHTTP3_DATA_FLAG_EOF;
  const http::Fields* trailers = stream.response_body_->trailers();
  if (trailers == nullptr) return;
  std::vector<nghttp3_nv>& lines = server_.lines();
  for (const http::Field& field : *trailers) {
    // RFC 9110 §6.5.1: what frames the message or routes it does not stand here.
    bool decides =
        field.id == http::Name::content_length || field.id == http::Name::host || field.id == http::Name::te;
    if (!decides) append(field, lines, stream.arena_);
  }
  if (lines.empty()) return;
  if (nghttp3_conn_submit_trailers(http_, stream.id_, lines.data(), lines.size()) == 0) {
    *flags |= NGHTTP3_DATA_FLAG_NO_END_STREAM;
  }
}

// ---- packets

// One packet with what the streams have; 0: nothing goes now; negative: the connection has failed.
ngtcp2_ssize Connection::write_packet(ngtcp2_path& path, ngtcp2_pkt_info& info, uint8_t* to, size_t size,
                                      ngtcp2_tstamp now) {
  for (;;) {
    int64_t id = -1;
    int fin = 0;
    nghttp3_vec pieces[16];
    nghttp3_ssize count = 0;
    if (http_ != nullptr && ngtcp2_conn_get_max_data_left(quic_) > 0) {
      count = nghttp3_conn_writev_stream(http_, &id, &fin, pieces, std::size(pieces));
      if (count < 0) {
        ngtcp2_ccerr_set_application_error(
            &error_, nghttp3_err_infer_quic_app_error_code(static_cast<int>(count)), nullptr, 0);
        return NGTCP2_ERR_CALLBACK_FAILURE;
      }
    }
    uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE;
    if (fin) flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    ngtcp2_ssize taken = -1;
    ngtcp2_ssize written = ngtcp2_conn_writev_stream(quic_, &path, &info, to, size, &taken, flags, id,
                                                     reinterpret_cast<const ngtcp2_vec*>(pieces),
                                                     static_cast<size_t>(count), now);
    if (written == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
      nghttp3_conn_block_stream(http_, id);
      continue;
    }
    if (written == NGTCP2_ERR_STREAM_SHUT_WR || written == NGTCP2_ERR_STREAM_NOT_FOUND) {
      nghttp3_conn_shutdown_stream_write(http_, id);
      for (ServerStream* stream = streams_.front(); stream != nullptr; stream = streams_.next(*stream)) {
        if (stream->id_ != id) continue;
        stream->write_shut_ = true;
        touch(*stream);
      }
      continue;
    }
    if (taken >= 0 && id >= 0) {
      size_t whole = 0;
      for (nghttp3_ssize i = 0; i < count; ++i) whole += pieces[i].len;
      nghttp3_conn_add_write_offset(http_, id, static_cast<size_t>(taken));
      if (fin && whole == static_cast<size_t>(taken)) {
        for (ServerStream* stream = streams_.front(); stream != nullptr; stream = streams_.next(*stream)) {
          if (stream->id_ != id) continue;
          stream->sent_all_ = true;
          touch(*stream);
        }
      }
    }
    if (written != NGTCP2_ERR_WRITE_MORE) return written;
  }
}

// Sends what goes out now, as trains of packets with the same path, mark and size.
void Connection::flush() {
  if (!held_.empty() && !send_held()) return;
  ngtcp2_tstamp now = now_ns();
  uint64_t quantum = std::min<uint64_t>(ngtcp2_conn_get_send_quantum(quic_), kTurn);
  uint64_t sent = 0;
  Train train;
  while (sent < quantum) {
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    size_t most = ngtcp2_conn_get_max_tx_udp_payload_size(quic_);
    ngtcp2_ssize size = write_packet(path.path, info, server_.output() + train.end, most, now);
    if (size < 0) {
      fail(static_cast<int>(size));
      break;
    }
    if (size == 0) break;
    sent += static_cast<uint64_t>(size);
    if (!add_to_train(train, path, info.ecn, static_cast<size_t>(size))) break;
  }
  if (train.size() > 0) send_train(train);
  ngtcp2_conn_update_pkt_tx_time(quic_, now_ns());
}

// False: the socket is full.
bool Connection::add_to_train(Train& train, const ngtcp2_path_storage& path, uint8_t ecn, size_t size) {
  bool fits = train.size() > 0 && ecn == train.ecn && size <= train.segment &&
              ngtcp2_path_eq(&path.path, &train.path.path) != 0;
  if (train.size() > 0 && !fits) {
    size_t next = train.end;
    if (!send_train(train)) return false;  // the packet behind it counts as lost
    train.begin = train.end = next;
  }
  if (train.size() == 0) {
    ngtcp2_path_storage_zero(&train.path);
    ngtcp2_path_copy(&train.path.path, &path.path);
    train.ecn = ecn;
    train.segment = size;
  }
  train.end += size;
  bool ends = size < train.segment || train.size() / train.segment >= Endpoint::kMaxSegments;
  if (!ends && train.end + NGTCP2_MAX_UDP_PAYLOAD_SIZE + 512 < Endpoint::kTrain) return true;
  bool done = send_train(train);
  train.begin = train.end = 0;
  return done;
}

bool Connection::send_train(Train& train) {
  Bytes bytes(server_.output() + train.begin, train.size());
  if (endpoint_->send(train.path.path, train.ecn, bytes, train.segment) == Endpoint::Sent::all) return true;
  held_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  ngtcp2_path_storage_zero(&held_train_.path);
  ngtcp2_path_copy(&held_train_.path.path, &train.path.path);
  held_train_.ecn = train.ecn;
  held_train_.segment = train.segment;
  train.begin = train.end = 0;
  endpoint_->await(*this);
  return false;
}

bool Connection::send_held() {
  Bytes bytes(reinterpret_cast<const uint8_t*>(held_.data()), held_.size());
  auto sent = endpoint_->send(held_train_.path.path, held_train_.ecn, bytes, held_train_.segment);
  if (sent == Endpoint::Sent::blocked) {
    endpoint_->await(*this);
    return false;
  }
  held_.clear();
  return true;
}

void Connection::on_writable() { wake(); }

}  // namespace h3
