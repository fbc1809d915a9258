// Range requests for bytes (RFC 9110 §14): which parts of a representation go out, and in what clothes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/body.h"

namespace http {

/// Bytes first to last, both included.
struct ByteRange {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t size() const { return last - first + 1; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

enum class RangeKind : uint8_t {
  whole,          ///< no usable Range: answer 200 with everything
  single,         ///< 206 with Content-Range
  multiple,       ///< 206 multipart/byteranges
  unsatisfiable,  ///< 416 with "Content-Range: bytes */size"
};

/// What a Range field asks of a representation of `size` bytes. Ranges are ascending and apart: overlapping
/// and adjoining ones are joined (RFC 9110 §15.3.7.2).
struct RangePlan {
  RangeKind kind = RangeKind::whole;
  std::vector<ByteRange> ranges;
};

/// Reads "bytes=0-499, -500". Another unit, bad syntax, more than `max_ranges` ranges, or ranges that
/// together are larger than the whole are answered with the whole.
RangePlan plan_ranges(std::string_view range, uint64_t size, uint64_t max_ranges);

/// "bytes 0-499/1234".
std::string content_range(const ByteRange& range, uint64_t size);
/// "bytes */1234", for 416.
std::string unsatisfied_range(uint64_t size);

/// Content-Range of a 206 as an origin sends it; `size` UINT64_MAX when it says "*". False when it is no
/// single satisfied byte range.
bool parse_content_range(std::string_view text, ByteRange& range, uint64_t& size);

/// The parts of a multipart/byteranges answer (RFC 9110 §14.6): delimiters, and how long all is.
class MultipartRanges {
 public:
  /// `boundary` must not occur in the content: random enough. `content_type` may be empty.
  MultipartRanges(std::vector<ByteRange> ranges, uint64_t size, std::string_view content_type,
                  std::string_view boundary);

  const std::vector<ByteRange>& ranges() const { return ranges_; }
  /// What stands before part `index`: delimiter and its fields.
  std::string opening(size_t index) const;
  /// What stands after the last part.
  std::string closing() const;
  uint64_t content_length() const;
  /// "multipart/byteranges; boundary=…".
  std::string content_type() const;

 private:
  std::vector<ByteRange> ranges_;
  uint64_t size_;
  std::string part_type_;
  std::string boundary_;
};

/// Cuts ranges out of a whole body, reading it from front to back; what lies between is consumed unseen. With
/// `multipart`, dresses each range as a part.
class RangedBody final : public Body {
 public:
  RangedBody(BodyPtr whole, ByteRange range);
  RangedBody(BodyPtr whole, MultipartRanges multipart);

  Peek peek(std::span<iovec> pieces) override;
  void consume(size_t bytes) override;
  std::optional<uint64_t> remaining() const override { return remaining_; }
  void set_reader(event::Ready* reader) override;

 private:
  bool in_dress() const { return dress_taken_ < dress_.size(); }
  void begin_range();
  void end_range();
  Readiness skip_to_range();

  BodyPtr whole_;
  std::vector<ByteRange> ranges_;
  std::optional<MultipartRanges> multipart_;
  size_t index_ = 0;       // the range being sent; ranges_.size() after the last
  uint64_t position_ = 0;  // in the whole
  uint64_t remaining_ = 0;
  std::string dress_;  // a part's opening, or the closing
  size_t dress_taken_ = 0;
};

}  // namespace http
