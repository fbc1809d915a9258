#include "proto/h1/origin_body.h"

#include <algorithm>

#include "http/make_request.h"
#include "proto/h1/client_session.h"

namespace h1 {

using http::Framing;
using http::Peek;
using http::Readiness;

namespace {

constexpr size_t kLeastBuffer = 4096;
constexpr uint32_t kMaxTrailers = 8192;
constexpr uint32_t kMaxTrailerFields = 100;

}  // namespace

/// The fields behind a chunked body. Their text stays where it was read.
struct OriginBody::Trailers {
  Trailers() : fields(arena), parser(Parser::Kind::trailers, limits(), names, fields) {
    names.ignore_invalid_headers = false;
  }
  static ParserLimits limits() {
    ParserLimits limits;
    limits.max_line = limits.max_size = kMaxTrailers;
    limits.max_fields = kMaxTrailerFields;
    return limits;
  }
  base::Arena arena;
  http::HeadLimits names;
  http::Fields fields;
  Parser parser;
};

OriginBody::OriginBody(ClientSession& session, event::ReadyQueue& queue, ReadBuffer buffer,
                       const http::Response& head, std::unique_ptr<http::Hold> hold)
    : session_(&session),
      queue_(queue),
      hold_(std::move(hold)),
      buffer_(std::move(buffer)),
      left_(head.content_length),
      framing_(head.framing),
      tunnel_(head.status == 101),
      filled_(buffer_.room() == 0) {
  session.body_ = this;
  scan();
}

OriginBody::~OriginBody() {
  if (session_ != nullptr) session_->end_answer(false);
}

std::optional<uint64_t> OriginBody::remaining() const {
  if (framing_ != Framing::length) return std::nullopt;
  return left_ + buffer_.size();
}

const http::Fields* OriginBody::trailers() const {
  return ended_ && trailers_ && !trailers_->fields.empty() ? &trailers_->fields : nullptr;
}

Peek OriginBody::peek(std::span<iovec> pieces) {
  if (tunnel_ && session_ != nullptr) tunnel_ = !session_->start_tunnel();
  for (int reads = 0;; ++reads) {
    if (failed_) return {Readiness::failed, 0, false};
    Peek seen = named(pieces);
    if (seen.count > 0) return seen;
    if (bad_) {
      fail();
      continue;
    }
    if (ended_) return {Readiness::end, 0, true};
    if (reads == kMaxReads) {
      wake();
      return {Readiness::wait, 0, false};
    }
    if (!read()) {
      waiting_ = true;
      session_->wait_for_body();
      return {Readiness::wait, 0, false};
    }
  }
}

Peek OriginBody::named(std::span<iovec> pieces) {
  if (framing_ == Framing::streamed) return named_chunks(pieces);
  if (buffer_.empty()) return {};
  pieces[0] = {const_cast<char*>(buffer_.data()), buffer_.size()};
  return {Readiness::ready, 1, ended_};
}

// With a copy of the decoder: what lies between the pieces is passed for good when they are consumed.
Peek OriginBody::named_chunks(std::span<iovec> pieces) {
  ChunkedDecoder ahead = decoder_;
  std::string_view bytes = buffer_.text();
  Peek seen;
  for (;;) {
    ChunkedDecoder::Step step = ahead.next(bytes);
    if (step.kind == ChunkedDecoder::Kind::trailers) seen.last = ended_ && trailers() == nullptr;
    if (step.kind != ChunkedDecoder::Kind::payload || seen.count == static_cast<int>(pieces.size())) break;
    pieces[static_cast<size_t>(seen.count++)] = {const_cast<char*>(bytes.data()) + step.skipped, step.size};
    ahead.take(step.size);
    bytes.remove_prefix(step.skipped + step.size);
  }
  if (seen.count > 0) seen.state = Readiness::ready;
  return seen;
}

void OriginBody::consume(size_t bytes) {
  if (framing_ != Framing::streamed) return buffer_.drop_front(bytes);
  while (bytes > 0) {
    ChunkedDecoder::Step step = decoder_.next(buffer_.text());
    size_t size = std::min(step.size, bytes);
    decoder_.take(size);
    buffer_.drop_front(step.skipped + size);
    bytes -= size;
  }
}

// All payload has been consumed; what is left is framing, or the beginning of trailers.
bool OriginBody::make_room() {
  if (framing_ == Framing::streamed) {
    buffer_.drop_front(decoder_.next(buffer_.text()).skipped);
  }
  size_t capacity = buffer_.capacity();
  if (buffer_.empty()) {
    uint64_t wanted = framing_ == Framing::length ? left_ : capacity * 4;
    if (!filled_) wanted = capacity;
    size_t next = static_cast<size_t>(std::clamp<uint64_t>(wanted, kLeastBuffer, kMaxBuffer));
    if (next > capacity) {
      buffer_.allocate(next);
    } else {
      buffer_.compact();
    }
    return true;
  }
  const char* from = buffer_.data();
  ReadBuffer smaller;
  if (buffer_.room() == 0) buffer_.compact();
  if (buffer_.room() == 0) {
    if (capacity >= kMaxTrailers) return false;
    smaller = std::move(buffer_);
    buffer_.allocate(kMaxTrailers);
    std::memcpy(buffer_.tail(), smaller.data(), smaller.size());
    buffer_.added(smaller.size());
  }
  if (trailers_ && buffer_.data() != from) trailers_->parser.moved(from, buffer_.data());
  return true;
}

// One system call. False: nothing is there now.
bool OriginBody::read() {
  if (!make_room()) {
    fail();
    return true;
  }
  net::IoResult got = session_->read_body(buffer_.tail(), buffer_.room());
  if (got.is_wait()) return false;
  if (got.is_end() && framing_ == Framing::until_end) {
    end_wire(false);
  } else if (!got.is_ready()) {
    fail();
  } else {
    buffer_.added(got.size);
    filled_ = buffer_.room() == 0;
    scan();
  }
  return true;
}

// Finds out whether the bytes just read end the body on the wire, before anybody consumes them.
void OriginBody::scan() {
  if (framing_ == Framing::streamed) return scan_chunks();
  if (framing_ != Framing::length) return;
  if (buffer_.size() < left_) {
    left_ -= buffer_.size();
    return;
  }
  size_t extra = buffer_.size() - static_cast<size_t>(left_);
  buffer_.drop_back(extra);
  left_ = 0;
  end_wire(extra == 0);
}

void OriginBody::scan_chunks() {
  ChunkedDecoder ahead = decoder_;
  std::string_view bytes = buffer_.text();
  for (;;) {
    ChunkedDecoder::Step step = ahead.next(bytes);
    bytes.remove_prefix(step.skipped);
    switch (step.kind) {
      case ChunkedDecoder::Kind::more: return;
      case ChunkedDecoder::Kind::bad: bad_ = true; return;
      case ChunkedDecoder::Kind::trailers: return scan_trailers(bytes);
      case ChunkedDecoder::Kind::payload: break;
    }
    ahead.take(step.size);
    bytes.remove_prefix(step.size);
  }
}

// RFC 9112 §7.1.2; `bytes` is all that has come since the trailer section began.
void OriginBody::scan_trailers(std::string_view bytes) {
  if (bytes.size() < 2) return;
  size_t size = 2;
  if (bytes.substr(0, 2) != "\r\n") {
    if (!trailers_) trailers_ = std::make_unique<Trailers>();
    Parsed parsed = trailers_->parser.parse(bytes.data(), bytes.size());
    bad_ = parsed == Parsed::bad;
    if (parsed != Parsed::done) return;
    size = trailers_->parser.size();
    http::remove_forbidden_trailers(trailers_->fields);
  }
  buffer_.drop_back(bytes.size() - size);
  end_wire(bytes.size() == size);
}

void OriginBody::end_wire(bool clean) {
  ended_ = true;
  std::exchange(session_, nullptr)->end_answer(clean);
  queue_.post(*this);
}

void OriginBody::fail() {
  failed_ = true;
  if (session_ == nullptr) return;
  std::exchange(session_, nullptr)->end_answer(false);
  queue_.post(*this);
}

// The lease goes back here: nothing is closed inside peek().
void OriginBody::on_ready() { hold_.reset(); }

void OriginBody::wake() {
  waiting_ = false;
  if (reader_ != nullptr) queue_.post(*reader_);
}

bool OriginBody::on_readable() {
  if (!waiting_) return false;
  session_->timer_.stop();
  wake();
  return true;
}

void OriginBody::on_failed() {
  fail();
  wake();
}

void OriginBody::on_session_gone() {
  session_ = nullptr;
  failed_ = true;
  wake();
}

}  // namespace h1
