#include "proto/h3/server_stream.h"

#include <fmt/format.h>

#include "base/check.h"
#include "proto/h3/connection.h"
#include "proto/h3/fields.h"

namespace h3 {

ServerStream::ServerStream(Connection& connection, int64_t id)
    : connection_(connection), id_(id), request_(arena_), unacked_(connection.server_.blocks()) {
  started_ = connection.server_.loop().now();
  head_.begin(http::Version::http3);
}

ServerStream::~ServerStream() {
  response_body_.reset();
  body_.reset();
}

const http::Connection& ServerStream::connection() const { return connection_.facts_; }

http::Body* ServerStream::request_body() {
  return body_ && request_.framing != http::Framing::none ? &*body_ : nullptr;
}

void ServerStream::touch() { connection_.touch(*this); }

void ServerStream::begin_body() {
  Server& server = connection_.server_;
  BodyOwner& owner = *this;
  body_.emplace(server.loop(), server.blocks(), owner, arena_);
}

void ServerStream::on_ready() {
  if (ended_ || wire_closed_ || !deferred_) return;
  deferred_ = false;
  nghttp3_conn_resume_stream(connection_.http_, id_);
  connection_.wake();
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
  if (ended_ || responded_ || wire_closed_ || connection_.http_ == nullptr) return;
  std::vector<nghttp3_nv>& lines = connection_.server_.lines();
  fmt::format_int status(head.status);
  lines.push_back(line(":status", arena_.copy({status.data(), status.size()})));
  append(head.fields, lines, arena_);
  nghttp3_conn_submit_info(connection_.http_, id_, lines.data(), lines.size());
  connection_.wake();
}

// How the body's length is told (RFC 9110 §8.6); whether there is one.
bool ServerStream::frame(const http::Response& head, int status, std::vector<nghttp3_nv>& lines) {
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
  // Tunnels are not built; a 101 is none of HTTP/3's answers (RFC 9114 §4.5).
  int status = head.status == 101 ? 502 : head.status;
  std::vector<nghttp3_nv>& lines = connection_.server_.lines();
  fmt::format_int text(status);
  lines.push_back(line(":status", arena_.copy({text.data(), text.size()})));
  for (const http::Field& field : head.fields) {
    if (field.id != http::Name::content_length) append(field, lines, arena_);
  }
  bool has_content = frame(head, status, lines);
  if (has_content && has_length_ && body == nullptr) {
    aborted_ = true;  // promised and not there
    return touch();
  }
  began_ = progress_ = connection_.server_.loop().now();
  connection_.note_deadline(began_ + policy_.send_timeout.count());
  nghttp3_data_reader reader = {Connection::read_response};
  if (has_content && body != nullptr) {
    response_body_ = std::move(body);
    response_body_->set_reader(this);
  }
  int code = nghttp3_conn_submit_response(connection_.http_, id_, lines.data(), lines.size(),
                                          response_body_ ? &reader : nullptr);
  if (code != 0) aborted_ = true;
  touch();
}

void ServerStream::abort() {
  if (ended_) return;
  aborted_ = true;
  touch();
}

void ServerStream::close_after() { connection_.leave(); }

void ServerStream::release() {
  PC_CHECK(ended_ && !released_);
  released_ = true;
  touch();
}

}  // namespace h3
