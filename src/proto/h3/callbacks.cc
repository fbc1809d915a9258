#include "proto/h3/callbacks.h"

#include <ngtcp2/ngtcp2_crypto.h>

#include "http/syntax.h"
#include "proto/h3/connection.h"

namespace h3 {

namespace {

std::string_view text(nghttp3_rcbuf* buffer) {
  nghttp3_vec bytes = nghttp3_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

}  // namespace

struct Callbacks {
  static Connection& of(void* user) { return *static_cast<Connection*>(user); }
  static ServerStream* stream(void* user) { return static_cast<ServerStream*>(user); }

  static int http_error(Connection& self, nghttp3_ssize code) {
    ngtcp2_ccerr_set_application_error(
        &self.error_, nghttp3_err_infer_quic_app_error_code(static_cast<int>(code)), nullptr, 0);
    return NGTCP2_ERR_CALLBACK_FAILURE;
  }

  // ---- QUIC

  static int handshake_completed(ngtcp2_conn*, void* user) {
    Connection& self = of(user);
    if (uint8_t alert = self.tls_->complete(); alert != 0) {
      ngtcp2_ccerr_set_tls_alert(&self.error_, alert, nullptr, 0);
      return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    self.tls_->send_ticket();
    self.idle_deadline_ = self.server_.loop().now() + self.keepalive_timeout_.count();
    return 0;
  }

  static int recv_tx_key(ngtcp2_conn*, ngtcp2_encryption_level level, void* user) {
    if (level != NGTCP2_ENCRYPTION_LEVEL_1RTT) return 0;
    return of(user).open_http() ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
  }

  static int recv_stream_data(ngtcp2_conn* quic, uint32_t flags, int64_t id, uint64_t, const uint8_t* bytes,
                              size_t size, void* user, void*) {
    Connection& self = of(user);
    if (self.http_ == nullptr) return 0;
    int fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    nghttp3_ssize used = nghttp3_conn_read_stream(self.http_, id, bytes, size, fin);
    if (used < 0) return http_error(self, used);
    ngtcp2_conn_extend_max_stream_offset(quic, id, static_cast<uint64_t>(used));
    ngtcp2_conn_extend_max_offset(quic, static_cast<uint64_t>(used));
    return 0;
  }

  static int acked(ngtcp2_conn*, int64_t id, uint64_t, uint64_t size, void* user, void*) {
    Connection& self = of(user);
    if (self.http_ == nullptr) return 0;
    int code = nghttp3_conn_add_ack_offset(self.http_, id, size);
    return code == 0 || code == NGHTTP3_ERR_STREAM_NOT_FOUND ? 0 : http_error(self, code);
  }

  static int stream_close(ngtcp2_conn* quic, uint32_t flags, int64_t id, uint64_t code, void* user,
                          void* stream_user) {
    Connection& self = of(user);
    if (!(flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET)) code = NGHTTP3_H3_NO_ERROR;
    if (self.http_ != nullptr) {
      int closed = nghttp3_conn_close_stream(self.http_, id, code);
      if (closed != 0 && closed != NGHTTP3_ERR_STREAM_NOT_FOUND) return http_error(self, closed);
    }
    if (ServerStream* known = stream(stream_user)) {
      known->wire_closed_ = true;
      self.touch(*known);
    } else if (ngtcp2_is_bidi_stream(id)) {
      ngtcp2_conn_extend_max_streams_bidi(quic, 1);  // it never had a head
    }
    return 0;
  }

  static int stream_reset(ngtcp2_conn*, int64_t id, uint64_t, uint64_t, void* user, void* stream_user) {
    Connection& self = of(user);
    if (self.http_ != nullptr) nghttp3_conn_shutdown_stream_read(self.http_, id);
    ServerStream* known = stream(stream_user);
    if (known != nullptr && known->body_) known->body_->fail(0);
    return 0;
  }

  static int stream_stop_sending(ngtcp2_conn*, int64_t id, uint64_t, void* user, void*) {
    Connection& self = of(user);
    if (self.http_ != nullptr) nghttp3_conn_shutdown_stream_read(self.http_, id);
    return 0;
  }

  static int extend_max_stream_data(ngtcp2_conn*, int64_t id, uint64_t, void* user, void*) {
    Connection& self = of(user);
    if (self.http_ != nullptr) nghttp3_conn_unblock_stream(self.http_, id);
    return 0;
  }

  static void random(uint8_t* to, size_t size, const ngtcp2_rand_ctx*) { fill_random({to, size}); }

  static int new_connection_id(ngtcp2_conn*, ngtcp2_cid* id, uint8_t* token, size_t, void* user) {
    Connection& self = of(user);
    *id = self.server_.ids().make(self.endpoint_->number());
    proto::QuicMemory::Secret secret = self.server_.memory().reset();
    if (ngtcp2_crypto_generate_stateless_reset_token(token, secret.data(), secret.size(), id) != 0) {
      return NGTCP2_ERR_CALLBACK_FAILURE;
    }
    self.server_.add(*id, self);
    return 0;
  }

  static int remove_connection_id(ngtcp2_conn*, const ngtcp2_cid* id, void* user) {
    of(user).server_.remove(*id);
    return 0;
  }

  // ---- HTTP

  static int begin_headers(nghttp3_conn* http, int64_t id, void* user, void*) {
    Connection& self = of(user);
    auto* opened = new ServerStream(self, id);
    self.streams_.push_back(*opened);
    self.idle_deadline_ = 0;
    nghttp3_conn_set_stream_user_data(http, id, opened);
    ngtcp2_conn_set_stream_user_data(self.quic_, id, opened);
    return 0;
  }

  static int recv_header(nghttp3_conn*, int64_t, int32_t, nghttp3_rcbuf* name, nghttp3_rcbuf* value, uint8_t,
                         void* user, void* stream_user) {
    Connection& self = of(user);
    ServerStream* to = stream(stream_user);
    if (to == nullptr) return 0;
    to->request_length_ += text(name).size() + text(value).size();
    to->head_.add(text(name), text(value), self.server_.handler().head_limits(self.facts_.listener),
                  to->request_);
    return 0;
  }

  static int end_headers(nghttp3_conn*, int64_t, int fin, void* user, void* stream_user) {
    Connection& self = of(user);
    ServerStream* to = stream(stream_user);
    if (to == nullptr || to->head_complete_) return 0;
    to->head_complete_ = true;
    if (!fin) to->begin_body();
    self.arrived_.push_back(*to);
    return 0;
  }

  static int recv_trailer(nghttp3_conn*, int64_t, int32_t, nghttp3_rcbuf* name, nghttp3_rcbuf* value, uint8_t,
                          void* user, void* stream_user) {
    Connection& self = of(user);
    ServerStream* to = stream(stream_user);
    if (to == nullptr || !to->body_ || to->body_->failed()) return 0;
    to->trailers_size_ += text(name).size() + text(value).size() + http::IncomingHead::kFieldCost;
    if (to->trailers_size_ > Connection::kTrailers) return 0;
    const http::HeadLimits& limits = self.server_.handler().head_limits(self.facts_.listener);
    if (http::judge_name(text(name), limits) != http::NameVerdict::keep) return 0;
    to->body_->received_trailers().add(to->arena_.copy(text(name)), to->arena_.copy(text(value)));
    return 0;
  }

  static int end_stream(nghttp3_conn*, int64_t, void*, void* stream_user) {
    ServerStream* to = stream(stream_user);
    if (to != nullptr && to->body_) to->body_->end();
    return 0;
  }

  static int recv_data(nghttp3_conn*, int64_t id, const uint8_t* bytes, size_t size, void* user,
                       void* stream_user) {
    Connection& self = of(user);
    ServerStream* to = stream(stream_user);
    if (to == nullptr || !to->body_ || to->body_->failed() || to->ended_) {
      ngtcp2_conn_extend_max_stream_offset(self.quic_, id, size);
      self.give_window(size);
      return 0;
    }
    to->wait_began_ = 0;
    to->request_length_ += size;
    to->body_->receive({reinterpret_cast<const char*>(bytes), size});
    return 0;
  }

  static int deferred_consume(nghttp3_conn*, int64_t id, size_t size, void* user, void*) {
    Connection& self = of(user);
    ngtcp2_conn_extend_max_stream_offset(self.quic_, id, size);
    self.give_window(size);
    return 0;
  }

  static int acked_body(nghttp3_conn*, int64_t, uint64_t size, void* user, void* stream_user) {
    ServerStream* to = stream(stream_user);
    if (to == nullptr) return 0;
    to->unacked_.drop(size);
    to->progress_ = of(user).server_.loop().now();
    if (to->full_) of(user).touch(*to);
    return 0;
  }

  static int stop_sending(nghttp3_conn*, int64_t id, uint64_t code, void* user, void*) {
    ngtcp2_conn_shutdown_stream_read(of(user).quic_, 0, id, code);
    return 0;
  }

  static int reset_stream(nghttp3_conn*, int64_t id, uint64_t code, void* user, void*) {
    ngtcp2_conn_shutdown_stream_write(of(user).quic_, 0, id, code);
    return 0;
  }
};

const ngtcp2_callbacks& quic_callbacks() {
  static const ngtcp2_callbacks kCallbacks = [] {
    using C = Callbacks;
    ngtcp2_callbacks to{};
    to.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    to.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    to.handshake_completed = C::handshake_completed;
    to.encrypt = ngtcp2_crypto_encrypt_cb;
    to.decrypt = ngtcp2_crypto_decrypt_cb;
    to.hp_mask = ngtcp2_crypto_hp_mask_cb;
    to.recv_stream_data = C::recv_stream_data;
    to.acked_stream_data_offset = C::acked;
    to.stream_close = C::stream_close;
    to.rand = C::random;
    to.get_new_connection_id = C::new_connection_id;
    to.remove_connection_id = C::remove_connection_id;
    to.update_key = ngtcp2_crypto_update_key_cb;
    to.stream_reset = C::stream_reset;
    to.extend_max_stream_data = C::extend_max_stream_data;
    to.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    to.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    to.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    to.stream_stop_sending = C::stream_stop_sending;
    to.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    to.recv_tx_key = C::recv_tx_key;
    return to;
  }();
  return kCallbacks;
}

const nghttp3_callbacks& http_callbacks() {
  static const nghttp3_callbacks kCallbacks = [] {
    using C = Callbacks;
    nghttp3_callbacks to{};
    to.acked_stream_data = C::acked_body;
    to.recv_data = C::recv_data;
    to.deferred_consume = C::deferred_consume;
    to.begin_headers = C::begin_headers;
    to.recv_header = C::recv_header;
    to.end_headers = C::end_headers;
    to.recv_trailer = C::recv_trailer;
    to.stop_sending = C::stop_sending;
    to.end_stream = C::end_stream;
    to.reset_stream = C::reset_stream;
    return to;
  }();
  return kCallbacks;
}

}  // namespace h3
