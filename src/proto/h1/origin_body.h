// The body of an origin's answer, decoded as it is read (RFC 9112 §6 and §7). Owned by whoever has the
// answer. It reads when it is asked and only then; it lets the connection go the moment its last byte has
// come from the wire, and never ends as if complete when it is not.
#pragma once

#include <memory>

#include "base/arena.h"
#include "event/ready.h"
#include "http/client.h"
#include "proto/h1/chunked.h"
#include "proto/h1/parser.h"
#include "proto/h1/read_buffer.h"

namespace h1 {

class ClientSession;

class OriginBody final : public http::Body, private event::Ready {
 public:
  /// `buffer` holds what was read behind the head. `hold` keeps `session` leased.
  OriginBody(ClientSession& session, event::ReadyQueue& queue, ReadBuffer buffer, const http::Response& head,
             std::unique_ptr<http::Hold> hold);
  ~OriginBody() override;

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override;
  const http::Fields* trailers() const override;

 private:
  friend class ClientSession;
  struct Trailers;
  static constexpr size_t kMaxBuffer = 65536;
  static constexpr int kMaxReads = 4;  // by one peek(): bytes of framing yield nothing

  // The session tells.
  bool on_readable();  // false: nobody waits
  void on_failed();
  void on_session_gone();

  void on_ready() override;
  http::Peek named(std::span<iovec> pieces);
  http::Peek named_chunks(std::span<iovec> pieces);
  bool make_room();
  bool read();
  void scan();
  void scan_chunks();
  void scan_trailers(std::string_view bytes);
  void end_wire(bool clean);
  void fail();
  void wake();

  ClientSession* session_;  // until the wire is at its end
  event::ReadyQueue& queue_;
  std::unique_ptr<http::Hold> hold_;
  ReadBuffer buffer_;       // what the reader has not consumed, coded as it came
  ChunkedDecoder decoder_;  // stands at the front of buffer_
  std::unique_ptr<Trailers> trailers_;
  uint64_t left_;  // length: to come from the wire
  http::Framing framing_;
  bool tunnel_;          // 101: the request's body is still to be sent raw
  bool filled_ = false;  // the last read took all the room there was
  bool ended_ = false;   // the wire is at the body's end
  bool bad_ = false;     // no chunked coding behind the payload that is still to be consumed
  bool failed_ = false;
  bool waiting_ = false;  // the reader was told to wait
};

}  // namespace h1
