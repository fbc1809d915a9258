// A body as it arrives on a connection: decodes its framing out of the connection's input, which it reads
// when asked. Owned by the stream (requests) or by whoever has the answer (responses). What it may do to the
// connection it asks of its source.
#pragma once

#include "http/body.h"
#include "http/message.h"
#include "net/transport.h"
#include "proto/h1/buffers.h"
#include "proto/h1/chunked.h"
#include "proto/h1/parser.h"

namespace h1 {

class IncomingBody;

/// The connection a body comes from.
struct BodySource {
  /// One read into the input. From now on the body's reader is woken when more may have come, also where this
  /// read brought something (it may have been framing only).
  virtual net::IoResult read_body() = 0;
  /// Most bytes of payload; 0: any number. What is larger fails with 413.
  virtual uint64_t max_body_size() const { return 0; }
  /// The body has ended as it should: once, maybe inside peek() or consume().
  virtual void on_body_end() = 0;
  /// It never will: once. `status` says why: 400 bad framing, 413 larger than allowed, 0 the connection
  /// ended.
  virtual void on_body_failed(int status) = 0;

 protected:
  ~BodySource() = default;
};

class IncomingBody : public http::Body {
 public:
  static constexpr uint32_t kMaxTrailers = 8192;  ///< bytes of a trailer section; fits a body buffer

  /// All of them outlive the body, or detach() it.
  IncomingBody(BodySource& source, Input& input, http::Framing framing, uint64_t length, base::Arena& arena,
               const http::HeadLimits& limits);

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override;
  const http::Fields* trailers() const override {
    return ended_ && !trailers_.empty() ? &trailers_ : nullptr;
  }

  bool ended() const { return ended_; }
  bool failed() const { return failed_; }
  /// Payload that was taken.
  uint64_t consumed() const { return consumed_; }
  event::Ready* reader() const { return reader_; }
  /// A time limit was passed or the connection broke: from now on peek() says failed.
  void fail(int status);
  /// The connection is gone; nothing of it is touched any more.
  void detach() { source_ = nullptr; }
  /// Processes framing that lies in the input already, so that an end that has come is seen.
  void advance();

 private:
  http::Peek look(std::span<iovec> pieces);
  http::Peek look_chunked(std::span<iovec> pieces);
  http::Peek look_plain(std::span<iovec> pieces);
  http::Peek refuse(int status);
  bool is_over_limit(uint64_t more) const;
  void end();
  void read_trailers();

  BodySource* source_;
  Input* input_;
  const http::HeadLimits* limits_;
  ChunkedDecoder decoder_;
  http::Fields trailers_;
  std::optional<Parser> trailer_parser_;
  const char* trailer_data_ = nullptr;
  uint64_t left_;  // length
  uint64_t consumed_ = 0;
  http::Framing framing_;
  bool in_trailers_ = false;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace h1
