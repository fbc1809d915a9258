// A message body as a source that is pulled: bytes come when somebody asks, so back-pressure is that nobody
// asks. A body owns what it needs (lease, pins, files) and may outlive the exchange that made it.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "event/ready.h"
#include "http/fields.h"

namespace http {

enum class Readiness : uint8_t {
  ready,   ///< there are bytes
  wait,    ///< none now: the reader is woken when that may have changed
  end,     ///< all was consumed
  failed,  ///< it will never be complete: what was sent must not look complete
};

struct Peek {
  Readiness state = Readiness::wait;
  int count = 0;      ///< pieces filled, with `ready`
  bool last = false;  ///< nothing follows these pieces
};

/// Bytes of a body that lie in a file and may go out by sendfile(2) instead of peek().
struct FilePart {
  int file = -1;        ///< owned by the body
  uint64_t offset = 0;  ///< in the file
  uint64_t size = 0;    ///< 0: nothing of what comes next lies in a file
  uint64_t ahead = 0;   ///< bytes before them, which only peek() names
};

class Body {
 public:
  virtual ~Body() = default;

  /// Names bytes that can be taken now, without blocking; it may do one non-blocking read, and resumes,
  /// closes and sends nothing. The bytes stay where they are until consume() passes them or the body is
  /// destroyed.
  virtual Peek peek(std::span<iovec> pieces) = 0;
  /// The reader has taken `bytes` of what peek() named.
  virtual void consume(size_t bytes) = 0;
  /// Bytes not yet consumed, where the length is known.
  virtual std::optional<uint64_t> remaining() const { return std::nullopt; }
  /// Trailer fields, once `end` was seen; null when there are none.
  virtual const Fields* trailers() const { return nullptr; }

  /// Who is woken (through the ready queue) after peek() said `wait`. Null: nobody.
  virtual void set_reader(event::Ready* reader) { reader_ = reader; }

  /// What of the bytes that come next can be sent from a file. The file's pages are never rewritten, even
  /// after the body has gone: what sendfile(2) took may not have left yet. To be asked only by who will send
  /// so; the bytes are passed by consume(), as those of peek() are.
  virtual FilePart file_part() { return {}; }

 protected:
  event::Ready* reader_ = nullptr;
};

using BodyPtr = std::unique_ptr<Body>;

/// A body of text that lives elsewhere (static, or in an arena that outlives the body).
class TextBody final : public Body {
 public:
  explicit TextBody(std::string_view text) : text_(text) {}
  Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override { text_.remove_prefix(bytes); }
  std::optional<uint64_t> remaining() const override { return text_.size(); }

 private:
  std::string_view text_;
};

/// A body that owns its text.
class StringBody final : public Body {
 public:
  explicit StringBody(std::string text) : text_(std::move(text)) {}
  Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override { taken_ += bytes; }
  std::optional<uint64_t> remaining() const override { return text_.size() - taken_; }

 private:
  std::string text_;
  size_t taken_ = 0;
};

}  // namespace http
