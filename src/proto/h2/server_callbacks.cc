#include "proto/h2/server_callbacks.h"

#include <algorithm>
#include <cstring>

#include "http/syntax.h"
#include "proto/h2/fields.h"
#include "proto/h2/server_session.h"

namespace h2 {

using Strain = Patience::Strain;

namespace {

constexpr size_t kFrameHead = 9;
constexpr int kCalm = NGHTTP2_ERR_CALLBACK_FAILURE;  // ends the reading; the session says why
constexpr size_t kTrailers = 8192;                   // bytes of a trailer section

bool ends_stream(const nghttp2_frame* frame) { return (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0; }

std::string_view text(nghttp2_rcbuf* buffer) {
  nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

bool is_fault_of_client(uint32_t code) {
  return code != NGHTTP2_NO_ERROR && code != NGHTTP2_INTERNAL_ERROR && code != NGHTTP2_CANCEL;
}

}  // namespace

struct ServerCallbacks {
  static ServerSession& session(void* user) { return *static_cast<ServerSession*>(user); }
  static ServerStream* stream(nghttp2_session* library, int32_t id) {
    return static_cast<ServerStream*>(nghttp2_session_get_stream_user_data(library, id));
  }
  static int bear(ServerSession& self, Strain strain, uint32_t amount = 1) {
    return self.patience_.bear(strain, self.loop_.now(), amount) ? 0 : kCalm;
  }

  static int on_begin_frame(nghttp2_session* library, const nghttp2_frame_hd* head, void* user) {
    ServerSession& self = session(user);
    bool is_gone = head->stream_id <= self.newest_ && stream(library, head->stream_id) == nullptr;
    self.told_ += kFrameHead + (head->type == NGHTTP2_DATA ? 0 : head->length);
    self.fault_ = self.judge(*head);
    if (self.fault_ != 0) return kCalm;
    switch (head->type) {
      case NGHTTP2_DATA: return 0;
      // Of a stream that is gone the library throws them away. What was on its way then is little.
      case NGHTTP2_HEADERS: return is_gone ? bear(self, Strain::provoked) : 0;
      case NGHTTP2_RST_STREAM: return bear(self, Strain::resets);
      case NGHTTP2_PING: return bear(self, Strain::pings);
      case NGHTTP2_SETTINGS: return bear(self, Strain::settings);
      case NGHTTP2_WINDOW_UPDATE: return bear(self, Strain::window_updates);
      case NGHTTP2_PRIORITY:
      case NGHTTP2_PRIORITY_UPDATE: return bear(self, Strain::priorities);
      case NGHTTP2_CONTINUATION: return bear(self, Strain::continuations);
      default: return bear(self, Strain::unknown);
    }
  }

  // Frames of unknown types are counted and thrown away.
  static int unpack_extension(nghttp2_session*, void**, const nghttp2_frame_hd*, void*) {
    return NGHTTP2_ERR_CANCEL;
  }
  static int on_extension_chunk(nghttp2_session*, const nghttp2_frame_hd*, const uint8_t*, size_t, void*) {
    return NGHTTP2_ERR_CANCEL;
  }

  static int on_begin_headers(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
    ServerSession& self = session(user);
    self.reading_head_ = true;
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    if (self.refuses_streams()) {
      return nghttp2_submit_rst_stream(library, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                       NGHTTP2_REFUSED_STREAM);
    }
    ServerStream* opened = self.open_stream(frame->hd.stream_id);
    return nghttp2_session_set_stream_user_data(library, frame->hd.stream_id, opened);
  }

  static int on_header(nghttp2_session* library, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                       nghttp2_rcbuf* value, uint8_t, void* user) {
    ServerSession& self = session(user);
    ServerStream* to = stream(library, frame->hd.stream_id);
    size_t size = text(name).size() + text(value).size();
    if (to == nullptr) return bear(self, Strain::fields, static_cast<uint32_t>(size >> 10));
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return add_trailer(self, *to, text(name), text(value));
    const http::HeadLimits& limits = self.handler_.head_limits(self.connection_.listener);
    if (to->head_.add(text(name), text(value), limits, to->request_)) return 0;
    // At least one each: fields of no length are a bomb too.
    return bear(self, Strain::fields, static_cast<uint32_t>(size >> 10) + 1);
  }

  static int add_trailer(ServerSession& self, ServerStream& to, std::string_view name,
                         std::string_view value) {
    size_t size = name.size() + value.size() + http::IncomingHead::kFieldCost;
    to.trailers_size_ += size;
    if (to.trailers_size_ > kTrailers)
      return bear(self, Strain::fields, static_cast<uint32_t>(size >> 10) + 1);
    if (!to.body_ || to.body_->failed()) return 0;
    http::Fields& trailers = to.body_->received_trailers();
    const http::HeadLimits& limits = self.handler_.head_limits(self.connection_.listener);
    if (http::judge_name(name, limits) != http::NameVerdict::keep) return 0;
    trailers.add(to.arena_.copy(name), to.arena_.copy(value));
    return 0;
  }

  // RFC 9113 §8.2.1: malformed, not to be passed over.
  static int on_invalid_header(nghttp2_session* library, const nghttp2_frame* frame, nghttp2_rcbuf*,
                               nghttp2_rcbuf*, uint8_t, void* user) {
    ServerStream* to = stream(library, frame->hd.stream_id);
    if (to == nullptr) return 0;
    to->head_.spoil("invalid field");
    to->malformed_ = true;
    session(user).touch(*to);
    return 0;
  }

  static int on_frame_recv(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
    ServerSession& self = session(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS: return on_head_end(self, library, frame);
      case NGHTTP2_DATA: return on_data_end(self, library, frame);
      case NGHTTP2_PING:
        if (frame->hd.flags & NGHTTP2_FLAG_ACK)
          self.farewell_heard_ = self.leaving_ != ServerSession::Leaving::no;
        return 0;
      case NGHTTP2_PRIORITY_UPDATE:  // RFC 9218 §7.1
        if (static_cast<nghttp2_ext_priority_update*>(frame->ext.payload)->stream_id != 0) return 0;
        self.fault_ = NGHTTP2_PROTOCOL_ERROR;
        return kCalm;
      default: return 0;
    }
  }

  static int on_head_end(ServerSession& self, nghttp2_session* library, const nghttp2_frame* frame) {
    self.reading_head_ = false;
    ServerStream* to = stream(library, frame->hd.stream_id);
    if (to == nullptr) return 0;
    to->request_length_ += kFrameHead + frame->hd.length;
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      to->head_complete_ = true;
      to->has_body_ = !ends_stream(frame);
      if (to->has_body_) to->make_body();
      self.touch(*to);
    } else if (ends_stream(frame) && to->body_) {
      to->body_->end();
    }
    return 0;
  }

  static int on_data_end(ServerSession& self, nghttp2_session* library, const nghttp2_frame* frame) {
    ServerStream* to = stream(library, frame->hd.stream_id);
    if (to != nullptr) to->request_length_ += kFrameHead + frame->hd.length;
    if (ends_stream(frame)) {
      if (to != nullptr && to->body_) to->body_->end();
      return 0;
    }
    return frame->hd.length > frame->data.padlen ? 0 : bear(self, Strain::empty_data);
  }

  static int on_data_chunk(nghttp2_session* library, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                           void* user) {
    ServerStream* to = stream(library, id);
    if (to == nullptr || !to->body_ || to->body_->failed() || to->ended_) {
      session(user).discarded_ += size;
      return 0;
    }
    if (to->wait_began_ != 0) to->body_waited_ += session(user).loop_.now() - to->wait_began_;
    to->wait_began_ = 0;
    to->body_->receive(bytes, size);
    return 0;
  }

  static int on_stream_close(nghttp2_session* library, int32_t id, uint32_t, void* user) {
    ServerStream* closed = stream(library, id);
    if (closed == nullptr) return 0;
    closed->wire_closed_ = true;
    session(user).touch(*closed);
    return 0;
  }

  static int on_frame_send(nghttp2_session* library, const nghttp2_frame* frame, void* user) {
    ServerSession& self = session(user);
    if (frame->hd.type == NGHTTP2_RST_STREAM && is_fault_of_client(frame->rst_stream.error_code)) {
      bear(self, Strain::provoked);
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    ServerStream* from = stream(library, frame->hd.stream_id);
    if (from == nullptr) return 0;
    from->bytes_sent_ += kFrameHead + frame->hd.length;
    from->progress_ = self.progress_ = self.loop_.now();
    if (!ends_stream(frame)) return 0;
    from->sent_all_ = true;
    self.touch(*from);
    return 0;
  }

  // ---- the response's body

  static ssize_t read_length(nghttp2_session* library, uint8_t, int32_t id, int32_t connection_window,
                             int32_t stream_window, uint32_t max_frame, void*) {
    ServerStream* from = stream(library, id);
    uint32_t most = from != nullptr ? from->policy_.http2_chunk : 8192;
    most = std::min({most, max_frame, static_cast<uint32_t>(std::min(connection_window, stream_window))});
    return static_cast<ssize_t>(most);
  }

  static ssize_t read(nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* flags,
                      nghttp2_data_source* source, void* user) {
    return session(user).read_body(*static_cast<ServerStream*>(source->ptr), length, flags);
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t length,
                       nghttp2_data_source* source, void* user) {
    ServerSession& self = session(user);
    ServerStream& from = *static_cast<ServerStream*>(source->ptr);
    ServerPools& pools = self.pools_;
    if (pools.output_size >= ServerPools::kBatch) {
      self.full_ = true;
      return NGHTTP2_ERR_WOULDBLOCK;
    }
    char* to = pools.output() + pools.output_size;
    std::memcpy(to, head, kFrameHead);
    to += kFrameHead;
    size_t left = length;
    for (const iovec* piece = from.pieces_; left > 0; ++piece) {
      size_t size = std::min(left, piece->iov_len);
      std::memcpy(to, piece->iov_base, size);
      to += size;
      left -= size;
    }
    pools.output_size += kFrameHead + length;
    if (length > 0) from.response_body_->consume(length);
    from.body_bytes_sent_ += length;
    if (from.has_length_) from.left_ -= length;
    return 0;
  }
};

void set_server_callbacks(nghttp2_session_callbacks* to) {
  using C = ServerCallbacks;
  nghttp2_session_callbacks_set_on_begin_frame_callback(to, C::on_begin_frame);
  nghttp2_session_callbacks_set_unpack_extension_callback(to, C::unpack_extension);
  nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(to, C::on_extension_chunk);
  nghttp2_session_callbacks_set_on_begin_headers_callback(to, C::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback2(to, C::on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback2(to, C::on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(to, C::on_frame_recv);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(to, C::on_data_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(to, C::on_stream_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(to, C::on_frame_send);
  nghttp2_session_callbacks_set_data_source_read_length_callback(to, C::read_length);
  nghttp2_session_callbacks_set_send_data_callback(to, C::send_data);
}

nghttp2_data_provider response_data(ServerStream& stream) {
  nghttp2_data_provider provider = {};
  provider.source.ptr = &stream;
  provider.read_callback = ServerCallbacks::read;
  return provider;
}

}  // namespace h2
