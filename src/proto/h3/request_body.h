// A request's body as QUIC brings it: kept until its reader takes it. How much can lie here is what flow
// control lets the client send: windows grow only by what was taken. Owned by its stream; it never touches
// the connection.
#pragma once

#include "event/loop.h"
#include "http/body.h"
#include "proto/h3/byte_queue.h"

namespace h3 {

/// The stream that a body comes from.
struct BodyOwner {
  /// Its reader asks and there is nothing.
  virtual void on_body_wanted() = 0;
  /// So much was taken: that much the client may send again.
  virtual void on_body_taken(size_t bytes) = 0;
  /// It will never be whole: once. `status`: 413 larger than allowed, 408 too slow, 0 the stream is gone.
  virtual void on_body_failed(int status) = 0;
  /// Most bytes; 0: any number.
  virtual uint64_t max_body_size() const = 0;

 protected:
  ~BodyOwner() = default;
};

class RequestBody final : public http::Body {
 public:
  RequestBody(event::Loop& loop, BlockPool& pool, BodyOwner& owner, base::Arena& arena)
      : loop_(loop), owner_(owner), bytes_(pool), trailers_(arena) {}

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override;
  const http::Fields* trailers() const override {
    return ended_ && !trailers_.empty() ? &trailers_ : nullptr;
  }

  // For the wire.
  /// What Content-Length announced.
  void announce(uint64_t length) { length_ = length; }
  void receive(std::string_view bytes);
  void end();
  /// From now on peek() says failed.
  void fail(int status);
  http::Fields& received_trailers() { return trailers_; }
  bool ended() const { return ended_; }
  bool failed() const { return failed_; }
  size_t kept() const { return bytes_.size(); }

 private:
  void wake() {
    if (reader_ != nullptr) loop_.post(*reader_);
  }

  event::Loop& loop_;
  BodyOwner& owner_;
  ByteQueue bytes_;
  http::Fields trailers_;
  uint64_t received_ = 0;
  std::optional<uint64_t> length_;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace h3
