// The bytes of a representation that is fetched in parts, one after the other: each by an exchange of its
// own, from the cache or from the origin, and not before the one ahead of it was taken (that is the
// back-pressure). A part that is not of the same representation makes the body fail.
#pragma once

#include <string>

#include "exchange/exchange.h"
#include "http/ranges.h"

namespace slice {

/// Which representation it is: the same in the answers of all its parts.
struct Representation {
  std::string etag;
  std::string last_modified;
  uint64_t size = 0;

  friend bool operator==(const Representation&, const Representation&) = default;
};

/// What a 206 says of itself. Errors: no single range, or the size of the whole is not known.
base::Result<Representation> read_part(const http::Response& head, http::ByteRange& range);
/// The bytes of the part that begins at `first`.
http::ByteRange part_at(uint64_t first, uint64_t part_size, uint64_t size);

class PartsBody final : public http::Body, private exchange::Receiver, private event::Ready {
 public:
  /// Gives out `wanted`. The exchange lives as long as the body: it is the one that is answered with it.
  PartsBody(exchange::Exchange& exchange, uint64_t part_size, Representation representation,
            http::ByteRange wanted);
  /// A part that is there already.
  void begin_with(const http::ByteRange& range, http::BodyPtr part);

  http::Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return wanted_.last + 1 - next_; }
  void set_reader(event::Ready* reader) override;

 private:
  void on_ready() override;
  void receive(const http::Response* head, http::BodyPtr body) override;
  bool is_sound(const http::Response* head, const http::ByteRange& expected) const;
  http::ByteRange next_part() const;
  http::Readiness skip();

  exchange::Exchange& exchange_;
  uint64_t part_size_;
  Representation representation_;
  http::ByteRange wanted_;
  uint64_t next_;           // the byte that is given out next
  http::BodyPtr part_;      // null: the next part has to be asked for
  uint64_t position_ = 0;   // in the whole, of part_'s next byte
  uint64_t part_last_ = 0;  // its last byte
  bool failed_ = false;
};

}  // namespace slice
