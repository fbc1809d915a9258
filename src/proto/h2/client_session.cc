#include "proto/h2/client_session.h"

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "proto/h2/client_callbacks.h"
#include "proto/h2/client_stream.h"

namespace h2 {

using http::OriginFault;

ClientSession::ClientSession(event::Loop& loop, std::unique_ptr<net::Transport> transport,
                             ClientSessionHandler& handler)
    : loop_(loop),
      transport_(std::move(transport)),
      handler_(handler),
      session_(make_client_library(*this)),
      patience_(loop.now()) {
  transport_->set_handler(this);
  greet();
}

ClientSession::~ClientSession() {
  PC_CHECK(streams_.empty());
  nghttp2_session_del(session_);
}

void ClientSession::greet() {
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(kStreamWindow)},
  };
  PC_CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings)) == 0);
  // The streams' windows are the limit: all of them together fit in the connection's.
  int32_t whole = static_cast<int32_t>(kMaxStreams) * kStreamWindow;
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, whole);
  transport_->watch(EV_READ);
  wake();
}

uint32_t ClientSession::stream_limit() const {
  uint32_t theirs = nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return std::min(theirs, kMaxStreams);
}

void ClientSession::opened() {
  if (std::exchange(open_, true) || ended_) return;
  handler_.on_open();
}

void ClientSession::end_requests() {
  if (std::exchange(ended_, true)) return;
  handler_.on_end();
}

bool ClientSession::bear(Patience::Strain strain, uint32_t amount) {
  return patience_.bear(strain, loop_.now(), amount);
}

// ---- reading ----

void ClientSession::read() {
  read_more_ = false;
  for (int reads = 0; !over_; ++reads) {
    if (reads == kMaxReads) {
      read_more_ = true;
      return wake();
    }
    char buffer[kReadSize];
    net::IoResult got = transport_->read(buffer, sizeof buffer);
    if (got.is_wait()) return;
    if (!got.is_ready()) return over(OriginFault::closed, got.code, "upstream prematurely closed connection");
    feed(buffer, got.size);
    if (got.size < sizeof buffer && !transport_->has_buffered()) return;
  }
}

void ClientSession::feed(const char* bytes, size_t size) {
  ssize_t taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes), size);
  useless_ += size;
  if (patience_.is_over() || useless_ > kMaxUseless)
    return over(OriginFault::invalid, 0, "upstream sent a flood of frames");
  PC_CHECK(taken != NGHTTP2_ERR_NOMEM);
  if (taken < 0) over(OriginFault::invalid, 0, "upstream broke the rules of HTTP/2");
}

void ClientSession::look() {
  if (!over_) read();
  if (!over_) flush();
}

// ---- writing ----

// True: there is something to write.
bool ClientSession::fill() {
  if (written_ == output_.size()) {
    output_.clear();
    written_ = 0;
  }
  while (!is_output_full()) {
    const uint8_t* bytes = nullptr;
    ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    PC_CHECK(size != NGHTTP2_ERR_NOMEM);
    if (size <= 0) break;
    output_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  return written_ < output_.size();
}

// False: the socket takes no more, or the connection is over.
bool ClientSession::write() {
  iovec piece{output_.data() + written_, output_.size() - written_};
  net::IoResult sent = transport_->write(&piece, 1);
  if (sent.is_ready()) {
    written_ += sent.size;
    return written_ == output_.size();
  }
  if (sent.is_failed()) {
    // What the origin said before it closed lies in the socket (RFC 9113 §6.8).
    int code = sent.code;
    read();
    if (!over_) over(OriginFault::send, code, {});
  }
  return false;
}

void ClientSession::flush() {
  while (!over_ && fill()) {
    if (!write()) break;
  }
  if (over_) return;
  if (broken_) {
    return over(OriginFault::invalid, 0,
                open_ ? "upstream broke the rules of HTTP/2" : "upstream does not speak HTTP/2");
  }
  bool blocked = written_ < output_.size();
  if (!blocked && output_.capacity() > kReadSize) output_ = std::string(), written_ = 0;
  transport_->watch(blocked ? EV_READ | EV_WRITE : EV_READ);
}

// ---- events ----

void ClientSession::on_readable() {
  read();
  wake();  // all that is to be sent leaves together
}

void ClientSession::on_writable() { flush(); }

void ClientSession::on_ready() {
  if (over_) return;
  if (read_more_) read();
  if (!over_) flush();
}

// ---- the end ----

void ClientSession::over(OriginFault fault, int error, std::string_view why) {
  if (std::exchange(over_, true)) return;
  fault_ = fault;
  error_ = error;
  why_ = why;
  transport_->watch(0);
  while (ClientStream* stream = streams_.pop_front()) stream->on_over(fault, error, why);
  end_requests();
}

void ClientSession::close() {
  if (!over_) {
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    ended_ = true;
    flush();
  }
  over_ = true;
  transport_->close(false);
}

}  // namespace h2
