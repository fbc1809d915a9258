// A message body as DATA frames bring it: kept in blocks until its reader takes it. How much can lie here is
// what flow control lets the peer send: a window is given back only for what was taken. Owned by its stream;
// never touches the session by itself.
#pragma once

#include <memory>

#include "event/loop.h"
#include "http/body.h"
#include "http/message.h"

namespace h2 {

class ReceivedBody;

/// The stream that a body comes from.
struct BodyOwner {
  /// Its reader asks and there is nothing; called each time.
  virtual void on_body_wanted() = 0;
  /// So much was taken: that much the peer may send again.
  virtual void on_body_taken(size_t bytes) = 0;
  /// It will never be whole: once. `status`: 413 larger than allowed, 408 too slow, 0 the stream is gone.
  virtual void on_body_failed(int status) = 0;
  /// Most bytes of payload; 0: any number.
  virtual uint64_t max_body_size() const { return 0; }

 protected:
  ~BodyOwner() = default;
};

class ReceivedBody final : public http::Body {
 public:
  ReceivedBody(event::Loop& loop, BodyOwner& owner, base::Arena& arena)
      : loop_(loop), owner_(owner), trailers_(arena) {}
  ~ReceivedBody() override { drop(); }
  ReceivedBody(const ReceivedBody&) = delete;
  ReceivedBody& operator=(const ReceivedBody&) = delete;

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override;
  const http::Fields* trailers() const override {
    return ended_ && !trailers_.empty() ? &trailers_ : nullptr;
  }

  // For the wire.
  /// What Content-Length announced.
  void announce(uint64_t length) { length_ = length; }
  void receive(const uint8_t* bytes, size_t size);
  void end();
  /// From now on peek() says failed.
  void fail(int status);
  http::Fields& received_trailers() { return trailers_; }
  bool ended() const { return ended_; }
  bool failed() const { return failed_; }
  /// Bytes that lie here.
  size_t kept() const { return kept_; }
  uint64_t received() const { return received_; }

 private:
  struct Block {
    Block* next;
    uint32_t capacity;
    uint32_t end;
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
  };
  static constexpr size_t kLeastBlock = 1024, kBlock = 16384;

  void wake() {
    if (reader_ != nullptr) loop_.post(*reader_);
  }
  void drop();

  event::Loop& loop_;
  BodyOwner& owner_;
  http::Fields trailers_;
  Block* first_ = nullptr;
  Block* last_ = nullptr;
  uint32_t taken_ = 0;  // of the first block
  size_t kept_ = 0;
  uint64_t received_ = 0;
  std::optional<uint64_t> length_;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace h2
