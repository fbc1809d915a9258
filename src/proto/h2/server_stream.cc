#include "proto/h2/server_stream.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "proto/h2/fields.h"
#include "proto/h2/priority.h"
#include "proto/h2/server_callbacks.h"
#include "proto/h2/server_session.h"

namespace h2 {

const http::Connection& ServerStream::connection() const { return session_->connection(); }

http::Body* ServerStream::request_body() {
  bool there = body_ && (tunnel_ || request_.framing != http::Framing::none);
  return there ? &*body_ : nullptr;
}

void ServerStream::begin(ServerSession& session, int32_t id, base::MonoTime now) {
  session_ = &session;
  id_ = id;
  request_ = http::Request(arena_);
  head_.begin(http::Version::http2);
  policy_ = http::StreamPolicy();
  left_ = 0;
  began_ = progress_ = resume_at_ = wait_began_ = 0;
  body_waited_ = 0;
  untold_ = trailers_size_ = 0;
  malformed_ = held_up_ = seen_ = false;
  has_length_ = head_complete_ = has_body_ = handed_up_ = responded_ = aborted_ = tunnel_ = deferred_ = false;
  sent_all_ = body_failed_ = wire_closed_ = ended_ = released_ = wide_ = continue_due_ = wanted_ = false;
  bytes_sent_ = body_bytes_sent_ = request_length_ = 0;
  started_ = now;
  user = nullptr;
}

void ServerStream::finish() {
  response_body_.reset();
  body_.reset();
  event::Ready::unlink();
  base::ListNode<Touched>::unlink();
  base::ListNode<ServerStream>::unlink();
  arena_.rewind();
  session_ = nullptr;
}

void ServerStream::make_body() { body_.emplace(session_->loop_, static_cast<BodyOwner&>(*this), arena_); }

void ServerStream::touch() { session_->touch(*this); }

void ServerStream::on_ready() {
  if (ended_ || wire_closed_ || !deferred_) return;
  session_->resume(*this);
}

void ServerStream::on_body_wanted() {
  wanted_ = true;
  touch();
}

void ServerStream::on_body_taken(size_t bytes) {
  untold_ += bytes;
  touch();
}

void ServerStream::on_body_failed(int status) {
  if (request_.refused == 0 && !ended_) request_.refused = status != 0 ? status : 499;
  touch();
}

void ServerStream::inform(const http::Response& head) {
  if (ended_ || responded_ || wire_closed_) return;
  std::vector<nghttp2_nv>& lines = session_->pools_.lines();
  fmt::format_int status(head.status);
  lines.push_back(line(":status", arena_.copy({status.data(), status.size()})));
  append(head.fields, lines, arena_);
  nghttp2_submit_headers(session_->session_, NGHTTP2_FLAG_NONE, id_, nullptr, lines.data(), lines.size(),
                         nullptr);
  session_->wake();
}

// How the body's length is told (RFC 9110 §8.6); whether there is one.
bool ServerStream::frame(const http::Response& head, int status, std::vector<nghttp2_nv>& lines) {
  if (tunnel_) return true;
  bool has_content = http::has_content(request_.method, status);
  bool is_known = head.framing == http::Framing::none || head.framing == http::Framing::length;
  if (!is_known) return has_content;
  left_ = head.framing == http::Framing::length ? head.content_length : 0;
  bool announced =
      has_content || (request_.method == http::Method::head && head.framing == http::Framing::length);
  if (announced && status >= 200 && status != 204 && status != 304) {
    fmt::format_int length(left_);
    lines.push_back(line("content-length", arena_.copy({length.data(), length.size()})));
  }
  has_length_ = has_content && left_ > 0;
  return has_length_;
}

void ServerStream::respond(const http::Response& head, http::BodyPtr body) {
  if (ended_ || responded_ || aborted_ || wire_closed_) return;  // the client has left meanwhile
  responded_ = true;
  continue_due_ = false;
  int status = head.status;
  if (head_.is_tunnel() && status == 101) {
    session_->open_tunnel(*this);
    status = 200;  // RFC 8441 §5
  } else if (head_.is_tunnel() && status >= 200 && status < 300) {
    status = 501;  // the client would take it for an open WebSocket
  }
  nghttp2_session* library = session_->session_;
  std::vector<nghttp2_nv>& lines = session_->pools_.lines();
  fmt::format_int text(status);
  lines.push_back(line(":status", arena_.copy({text.data(), text.size()})));
  for (const http::Field& field : head.fields) {
    if (field.id == http::Name::content_length) continue;
    // What belongs to the handshake of HTTP/1.1 (RFC 8441 §5).
    if (tunnel_ && base::equals_ignoring_case(field.name, "Sec-WebSocket-Accept")) continue;
    append(field, lines, arena_);
  }
  bool has_content = frame(head, status, lines);
  if (has_content && has_length_ && body == nullptr) {
    aborted_ = true;  // promised and not there
    return touch();
  }
  if (const http::Field* field = head.fields.find(http::Name::priority)) {
    nghttp2_extpri priority = merge_priority(request_.fields.combined(http::Name::priority), field->value);
    nghttp2_session_change_extpri_stream_priority(library, id_, &priority, 0);
  }
  began_ = progress_ = session_->loop_.now();
  session_->note_deadline(began_ + policy_.send_timeout.count());
  if (has_content && body != nullptr) {
    response_body_ = std::move(body);
    response_body_->set_reader(this);
    nghttp2_data_provider data = response_data(*this);
    nghttp2_submit_response(library, id_, lines.data(), lines.size(), &data);
  } else {
    nghttp2_submit_response(library, id_, lines.data(), lines.size(), nullptr);
  }
  session_->wake();
}

void ServerStream::abort() {
  if (ended_) return;
  aborted_ = true;
  touch();
}

void ServerStream::release() {
  PC_CHECK(ended_ && !released_);
  released_ = true;
  touch();
}

}  // namespace h2
