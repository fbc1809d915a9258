#include "proto/h1/server_stream.h"

#include "proto/h1/head_writer.h"
#include "proto/h1/postponed_body.h"
#include "proto/h1/server_session.h"

namespace h1 {

const http::HeadLimits ServerStream::kNoLimits;

const http::Connection& ServerStream::connection() const { return session_->connection(); }

void ServerStream::begin(ServerSession& session, const http::HeadLimits& limits) {
  session_ = &session;
  request_ = http::Request(arena_);
  uint32_t largest = std::max(limits.large_buffer_size, limits.header_buffer_size);
  uint32_t whole = std::max(limits.large_buffer_count * limits.large_buffer_size, limits.header_buffer_size);
  parser_ = Parser(Parser::Kind::request, ParserLimits{largest, whole, limits.max_headers}, limits,
                   request_.fields);
  sender_.emplace();
  policy_ = http::StreamPolicy();
  responded_ = aborted_ = ended_ = released_ = continue_due_ = tunnel_ = false;
  keep_alive_ = true;
  bytes_sent_ = body_bytes_sent_ = request_length_ = 0;
  started_ = 0;
  user = nullptr;
}

void ServerStream::finish() {
  response_body_.reset();
  body_.reset();
  sender_.reset();
  arena_.rewind();
  session_ = nullptr;
}

void ServerStream::inform(const http::Response& head) {
  if (ended_ || responded_ || request_.version < http::Version::http11) return;
  sender_->add_interim(write_response_head(head, WireFields(), arena_));
  session_->wake();
}

bool ServerStream::is_tunnel(int status) const {
  return status == 101 || (request_.method == http::Method::connect && status >= 200 && status < 300);
}

// How the body's length is told (RFC 9112 §6).
void ServerStream::frame(const http::Response& head, WireFields& wire, Sender::Coding& coding) {
  if (tunnel_) {
    coding = Sender::Coding::raw;
    return;
  }
  bool has_content = http::has_content(request_.method, head.status);
  if (head.framing == http::Framing::none || head.framing == http::Framing::length) {
    uint64_t length = head.framing == http::Framing::length ? head.content_length : 0;
    bool announced =
        has_content || (request_.method == http::Method::head && head.framing == http::Framing::length);
    if (announced && head.status >= 200 && head.status != 204 && head.status != 304) {
      wire.length = WireFields::Length::known;
      wire.content_length = length;
    }
    coding = has_content && length > 0 ? Sender::Coding::length : Sender::Coding::none;
    return;
  }
  if (!has_content) return;
  if (request_.version >= http::Version::http11 && policy_.chunked_transfer_encoding) {
    wire.length = WireFields::Length::chunked;
    coding = Sender::Coding::chunked;
    return;
  }
  coding = Sender::Coding::raw;
  keep_alive_ = false;  // the end of the connection is the end of the body
}

void ServerStream::respond(const http::Response& head, http::BodyPtr body) {
  if (ended_ || responded_ || aborted_) return;  // the client has left meanwhile
  responded_ = true;
  tunnel_ = is_tunnel(head.status);
  WireFields wire;
  auto coding = Sender::Coding::none;
  frame(head, wire, coding);
  keep_alive_ = keep_alive_ && session_->may_keep_alive(*this);
  if (tunnel_) {
    keep_alive_ = false;
    if (head.status == 101) wire.connection = WireFields::Connection::upgrade;
    session_->open_tunnel();
  } else if (!keep_alive_) {
    wire.connection = WireFields::Connection::close;
  } else if (request_.version < http::Version::http11 || policy_.keepalive_header.count() > 0) {
    wire.connection = WireFields::Connection::keep_alive;
    wire.keep_alive_seconds = policy_.keepalive_header.count() / 1000;
  }
  response_body_ = std::move(body);
  if (coding == Sender::Coding::length && response_body_ == nullptr) {
    aborted_ = true;  // promised and not there
  } else if (response_body_ == nullptr && coding == Sender::Coding::raw) {
    coding = Sender::Coding::none;
  } else if (response_body_ != nullptr && coding == Sender::Coding::none) {
    response_body_.reset();
  }
  if (response_body_ == nullptr && coding == Sender::Coding::chunked) {
    response_body_ = std::make_unique<http::TextBody>("");
  }
  if (coding == Sender::Coding::chunked && policy_.postpone_output > 0) {
    response_body_ = std::make_unique<PostponedBody>(std::move(response_body_), policy_.postpone_output);
  }
  if (response_body_ != nullptr) response_body_->set_reader(session_);
  session_->set_pushing(response_body_.get());
  sender_->start(write_response_head(head, wire, arena_), response_body_.get(), coding, head.content_length,
                 arena_, session_->loop_.now());
  session_->wake();
}

void ServerStream::abort() {
  if (ended_) return;
  aborted_ = true;
  session_->wake();
}

void ServerStream::release() {
  PC_CHECK(ended_ && !released_);
  released_ = true;
  session_->wake();
}

ServerPools::~ServerPools() {
  for (ServerStream* stream : spare_) delete stream;
}

ServerStream* ServerPools::take(ServerSession& session, const http::HeadLimits& limits) {
  ServerStream* stream;
  if (spare_.empty()) {
    stream = new ServerStream;
  } else {
    stream = spare_.back();
    spare_.pop_back();
  }
  stream->begin(session, limits);
  return stream;
}

void ServerPools::give(ServerStream* stream) {
  stream->finish();
  if (spare_.size() < kMaxSpare) {
    spare_.push_back(stream);
  } else {
    delete stream;
  }
}

}  // namespace h1
