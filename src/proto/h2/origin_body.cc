#include "proto/h2/origin_body.h"

#include "proto/h2/client_stream.h"

namespace h2 {

OriginBody::OriginBody(ClientStream& stream, event::Loop& loop)
    : stream_(&stream), loop_(loop), received_(loop, *this, arena_) {}

OriginBody::~OriginBody() {
  if (stream_ != nullptr) stream_->body_ = nullptr;
}

http::Peek OriginBody::peek(std::span<iovec> pieces) {
  http::Peek seen = received_.peek(pieces);
  if (seen.last && seen.state == http::Readiness::ready && trailers() != nullptr) seen.last = false;
  return seen;
}

void OriginBody::hold(std::unique_ptr<http::Hold> hold) {
  hold_ = std::move(hold);
  if (received_.ended() || received_.failed()) loop_.post(*this);
}

bool OriginBody::add_trailer(std::string_view name, std::string_view value) {
  http::Fields& trailers = received_.received_trailers();
  size_t size = name.size() + value.size();
  if (trailers.size() == kMaxTrailerFields || size > trailers_left_) return false;
  trailers_left_ -= size;
  trailers.add(arena_.copy(name), arena_.copy(value));
  return true;
}

// Who reads it may go on for long: the stream is let go first, but not from inside the session.
void OriginBody::end() {
  received_.end();
  loop_.post(*this);
}

void OriginBody::fail() {
  received_.fail(0);
  loop_.post(*this);
}

void OriginBody::on_ready() { hold_.reset(); }

void OriginBody::on_body_wanted() {
  if (stream_ != nullptr) stream_->wait_for_data();
}

void OriginBody::on_body_taken(size_t bytes) {
  if (stream_ != nullptr) stream_->consumed(bytes);
}

}  // namespace h2
