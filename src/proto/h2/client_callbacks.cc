#include "proto/h2/client_callbacks.h"

#include "base/check.h"
#include "proto/h2/client_session.h"
#include "proto/h2/client_stream.h"

namespace h2 {

namespace {

std::string_view text(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

constexpr size_t kFrameHead = 9;  // RFC 9113 §4.1
constexpr size_t kMaxContinuations = 64;

}  // namespace

struct ClientCallbacks {
  using Strain = Patience::Strain;

  static ClientStream* stream_of(nghttp2_session* session, int32_t id) {
    return id == 0 ? nullptr : static_cast<ClientStream*>(nghttp2_session_get_stream_user_data(session, id));
  }
  static ClientSession& of(void* user) { return *static_cast<ClientSession*>(user); }

  static int on_begin_frame(nghttp2_session* session, const nghttp2_frame_hd* head, void* user) {
    ClientSession& self = of(user);
    bool borne = true;
    switch (head->type) {
      case NGHTTP2_DATA:
        if (head->length == 0 && (head->flags & NGHTTP2_FLAG_END_STREAM) == 0)
          borne = self.bear(Strain::empty_data);
        break;
      case NGHTTP2_HEADERS:  // of a stream that is gone: the library ignores it
        if (stream_of(session, head->stream_id) == nullptr) borne = self.bear(Strain::unknown);
        break;
      case NGHTTP2_RST_STREAM:
        if (stream_of(session, head->stream_id) == nullptr) borne = self.bear(Strain::resets);
        break;
      case NGHTTP2_GOAWAY: borne = self.bear(Strain::settings); break;
      case NGHTTP2_SETTINGS: borne = self.bear(Strain::settings); break;
      case NGHTTP2_PING: borne = self.bear(Strain::pings); break;
      case NGHTTP2_WINDOW_UPDATE: borne = self.bear(Strain::window_updates); break;
      case NGHTTP2_PRIORITY: borne = self.bear(Strain::priorities); break;
      case NGHTTP2_CONTINUATION: borne = self.bear(Strain::continuations); break;
      default: borne = self.bear(Strain::unknown);
    }
    return borne ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void*) {
    ClientStream* stream = stream_of(session, frame->hd.stream_id);
    if (stream != nullptr && !stream->has_final_) stream->begin_head();
    return 0;
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*) {
    ClientStream* stream = stream_of(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    bool fits = stream->add_field(text(name, name_size), text(value, value_size));
    return fits ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  // RFC 9113 §8.2.1: a field with forbidden characters makes the message malformed.
  static int on_invalid_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t*, size_t,
                               const uint8_t*, size_t, uint8_t, void*) {
    if (ClientStream* stream = stream_of(session, frame->hd.stream_id)) {
      stream->on_refused_by_us("upstream sent an invalid field");
    }
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    ClientSession& self = of(user);
    ClientStream* stream = stream_of(session, frame->hd.stream_id);
    bool is_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) self.opened();
        break;
      case NGHTTP2_GOAWAY: self.end_requests(); break;
      case NGHTTP2_HEADERS:
        if (stream == nullptr) break;
        self.useless_ = 0;
        stream->bytes_received_ += frame->hd.length + kFrameHead;
        if (!stream->has_final_) {
          stream->end_head(is_end);
        } else if (is_end) {
          stream->end_answer();
        }
        break;
      case NGHTTP2_DATA:
        if (stream != nullptr && is_end) stream->end_answer();
        break;
      case NGHTTP2_RST_STREAM:
        if (stream != nullptr) stream->on_reset();
        break;
      default: break;
    }
    return 0;
  }

  static int on_invalid_frame(nghttp2_session* session, const nghttp2_frame* frame, int, void*) {
    if (ClientStream* stream = stream_of(session, frame->hd.stream_id)) {
      stream->on_refused_by_us("upstream sent an invalid response");
    }
    return 0;
  }

  static int on_data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                     void* user) {
    nghttp2_session_consume_connection(session, size);
    if (ClientStream* stream = stream_of(session, id)) {
      stream->receive(bytes, size);
    }
    of(user).patience_.credit(Strain::pings, 1);
    of(user).useless_ = 0;
    return 0;
  }

  static int on_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR) {
      of(user).broken_ = true;
    }
    ClientStream* stream = stream_of(session, frame->hd.stream_id);
    if (stream != nullptr && frame->hd.type == NGHTTP2_HEADERS) {
      stream->on_head_sent(frame->hd.length + kFrameHead);
    }
    return 0;
  }

  static int on_close(nghttp2_session* session, int32_t id, uint32_t code, void*) {
    if (ClientStream* stream = stream_of(session, id)) stream->on_close(code);
    return 0;
  }

  static ssize_t offer(nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* flags,
                       nghttp2_data_source* source, void*) {
    return static_cast<ClientStream*>(source->ptr)->offer(length, flags);
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t length,
                       nghttp2_data_source* source, void* user) {
    ClientSession& self = of(user);
    self.output_.append(reinterpret_cast<const char*>(head), kFrameHead);
    static_cast<ClientStream*>(source->ptr)->take(length, self.output_);
    // Who measures the way pings as data comes, and gives back two windows.
    self.patience_.credit(Strain::pings, 1);
    self.patience_.credit(Strain::window_updates, 2);
    self.useless_ = 0;
    // Else the library goes on as long as windows and bodies let it, however little the socket takes.
    return self.is_output_full() ? NGHTTP2_ERR_PAUSE : 0;
  }
};

namespace {

nghttp2_session_callbacks* make_callbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  PC_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  using C = ClientCallbacks;
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, C::on_begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, C::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, C::on_header);
  nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks, C::on_invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, C::on_frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, C::on_invalid_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, C::on_data);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, C::on_sent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, C::on_close);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, C::send_data);
  return callbacks;
}

nghttp2_option* make_options() {
  nghttp2_option* options = nullptr;
  PC_CHECK(nghttp2_option_new(&options) == 0);
  nghttp2_option_set_no_auto_window_update(options, 1);  // a window is given back when somebody has read
  nghttp2_option_set_no_closed_streams(options, 1);
  // Until its SETTINGS have come no request begins; then they say.
  nghttp2_option_set_peer_max_concurrent_streams(options, ClientSession::kMaxStreams);
  nghttp2_option_set_max_continuations(options, kMaxContinuations);
  return options;
}

}  // namespace

nghttp2_session* make_client_library(ClientSession& session) {
  static nghttp2_session_callbacks* const kCallbacks = make_callbacks();
  static nghttp2_option* const kOptions = make_options();
  nghttp2_session* made = nullptr;
  PC_CHECK(nghttp2_session_client_new2(&made, kCallbacks, &session, kOptions) == 0);
  return made;
}

nghttp2_data_provider request_data(ClientStream& stream) {
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = ClientCallbacks::offer;
  return provider;
}

}  // namespace h2
