#include "proto/h1/incoming_body.h"

#include <algorithm>

namespace h1 {

using http::Framing;
using http::Peek;
using http::Readiness;

namespace {

iovec piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

IncomingBody::IncomingBody(BodySource& source, Input& input, Framing framing, uint64_t length,
                           base::Arena& arena, const http::HeadLimits& limits)
    : source_(&source),
      input_(&input),
      limits_(&limits),
      trailers_(arena),
      left_(length),
      framing_(framing) {}

std::optional<uint64_t> IncomingBody::remaining() const {
  if (ended_) return 0;
  if (framing_ == Framing::length) return left_;
  return std::nullopt;
}

void IncomingBody::fail(int status) {
  if (ended_ || failed_) return;
  failed_ = true;
  if (source_ != nullptr) source_->on_body_failed(status);
}

void IncomingBody::end() {
  if (ended_) return;
  ended_ = true;
  if (source_ != nullptr) source_->on_body_end();
}

Peek IncomingBody::refuse(int status) {
  fail(status);
  return {Readiness::failed, 0, false};
}

bool IncomingBody::is_over_limit(uint64_t more) const {
  uint64_t most = source_ != nullptr ? source_->max_body_size() : 0;
  return most != 0 && (consumed_ > most || more > most - consumed_);
}

Peek IncomingBody::look_plain(std::span<iovec> pieces) {
  std::string_view bytes = input_->bytes();
  if (framing_ == Framing::length)
    bytes = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(left_, bytes.size())));
  if (bytes.empty()) return {Readiness::wait, 0, false};
  if (is_over_limit(bytes.size())) return refuse(413);
  pieces[0] = piece(bytes);
  return {Readiness::ready, 1, framing_ == Framing::length && bytes.size() == left_};
}

// Looks ahead with a copy of the decoder: what is between the pieces is skipped for good only when they are
// consumed.
Peek IncomingBody::look_chunked(std::span<iovec> pieces) {
  std::string_view bytes = input_->bytes();
  ChunkedDecoder ahead = decoder_;
  Peek out;
  uint64_t size = 0;
  while (out.count < static_cast<int>(pieces.size())) {
    ChunkedDecoder::Step step = ahead.next(bytes);
    bytes.remove_prefix(step.skipped);
    if (step.kind == ChunkedDecoder::Kind::payload) {
      pieces[static_cast<size_t>(out.count++)] = piece(bytes.substr(0, step.size));
      size += step.size;
      ahead.take(step.size);
      bytes.remove_prefix(step.size);
      continue;
    }
    // What stands before the bad place is given first: the same bytes are seen however they are cut.
    if (step.kind == ChunkedDecoder::Kind::bad && out.count == 0) return refuse(400);
    out.last = step.kind == ChunkedDecoder::Kind::trailers && bytes.starts_with("\r\n");
    break;
  }
  uint64_t promised = ahead.chunk_left();  // of an open chunk: what is announced counts already
  if (is_over_limit(size + promised)) return refuse(413);
  if (out.count > 0) out.state = Readiness::ready;
  return out;
}

Peek IncomingBody::look(std::span<iovec> pieces) {
  return framing_ == Framing::streamed ? look_chunked(pieces) : look_plain(pieces);
}

Peek IncomingBody::peek(std::span<iovec> pieces) {
  if (!failed_ && !ended_) advance();
  if (failed_) return {Readiness::failed, 0, false};
  if (ended_) return {Readiness::end, 0, true};
  Peek seen = look(pieces);
  if (seen.state != Readiness::wait) return seen;
  if (source_ == nullptr) return refuse(0);
  net::IoResult got = source_->read_body();
  if (got.is_wait()) return {Readiness::wait, 0, false};
  if (got.is_end() && framing_ == Framing::until_end) {
    end();
    return {Readiness::end, 0, true};
  }
  if (!got.is_ready()) return refuse(0);
  advance();
  if (failed_) return {Readiness::failed, 0, false};
  if (ended_) return {Readiness::end, 0, true};
  return look(pieces);
}

void IncomingBody::read_trailers() {
  std::string_view bytes = input_->bytes();
  if (!trailer_parser_) {
    trailer_parser_.emplace(Parser::Kind::trailers,
                            ParserLimits{kMaxTrailers, kMaxTrailers, limits_->max_headers}, *limits_,
                            trailers_);
    trailer_data_ = bytes.data();
  }
  if (trailer_data_ != bytes.data()) {
    trailer_parser_->moved(trailer_data_, bytes.data());
    trailer_data_ = bytes.data();
  }
  Parsed parsed = trailer_parser_->parse(bytes.data(), bytes.size());
  if (parsed == Parsed::more) return;
  if (parsed == Parsed::bad) return fail(400);
  // The buffer is used for what follows: trailers live in the arena.
  for (http::Field& field : trailers_) {
    field.name = trailers_.arena().copy(field.name);
    field.value = trailers_.arena().copy(field.value);
  }
  input_->drop(trailer_parser_->size());
  end();
}

void IncomingBody::advance() {
  if (ended_ || failed_) return;
  if (framing_ == Framing::length) {
    if (left_ == 0) end();
    return;
  }
  if (framing_ != Framing::streamed) return;
  if (!in_trailers_) {
    ChunkedDecoder::Step step = decoder_.next(input_->bytes());
    if (step.skipped > 0) input_->drop(step.skipped);
    if (step.kind == ChunkedDecoder::Kind::bad) return fail(400);
    in_trailers_ = step.kind == ChunkedDecoder::Kind::trailers;
  }
  if (in_trailers_) read_trailers();
}

void IncomingBody::consume(size_t bytes) {
  consumed_ += bytes;
  if (framing_ != Framing::streamed) {
    if (framing_ == Framing::length) left_ -= bytes;
    input_->drop(bytes);
  }
  while (framing_ == Framing::streamed && bytes > 0) {
    ChunkedDecoder::Step step = decoder_.next(input_->bytes());
    size_t size = std::min(step.size, bytes);
    decoder_.take(size);
    input_->drop(step.skipped + size);
    bytes -= size;
  }
  advance();
}

}  // namespace h1
