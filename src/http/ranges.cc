#include "http/ranges.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace http {
namespace {

enum class Spec : uint8_t { bad, outside, inside };

// One range-spec: "first-last", "first-" or "-suffix".
Spec read_spec(std::string_view text, uint64_t size, ByteRange& range) {
  size_t dash = text.find('-');
  if (dash == std::string_view::npos) return Spec::bad;
  std::string_view left = base::trim(text.substr(0, dash));
  std::string_view right = base::trim(text.substr(dash + 1));
  std::optional<uint64_t> last = base::parse_uint(right);
  if (!right.empty() && !last) return Spec::bad;
  if (left.empty()) {
    if (!last) return Spec::bad;
    if (*last == 0 || size == 0) return Spec::outside;
    range = {size - std::min(*last, size), size - 1};
    return Spec::inside;
  }
  std::optional<uint64_t> first = base::parse_uint(left);
  if (!first || (last && *last < *first)) return Spec::bad;
  if (*first >= size) return Spec::outside;
  range = {*first, std::min(last.value_or(size - 1), size - 1)};
  return Spec::inside;
}

void join_overlapping(std::vector<ByteRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.first < b.first; });
  size_t kept = 0;
  for (size_t i = 1; i < ranges.size(); i++) {
    if (ranges[i].first <= ranges[kept].last + 1) {
      ranges[kept].last = std::max(ranges[kept].last, ranges[i].last);
    } else {
      ranges[++kept] = ranges[i];
    }
  }
  if (!ranges.empty()) ranges.resize(kept + 1);
}

}  // namespace

RangePlan plan_ranges(std::string_view range, uint64_t size, uint64_t max_ranges) {
  RangePlan plan;
  if (max_ranges == 0 || !base::starts_ignoring_case(range, "bytes=")) return plan;
  bool bad = false;
  uint64_t specs = 0;
  uint64_t total = 0;
  base::split(range.substr(6), ',', [&](std::string_view text) {
    if (bad || ++specs > max_ranges) {
      bad = true;
      return;
    }
    ByteRange one;
    Spec spec = read_spec(text, size, one);
    bad = spec == Spec::bad;
    if (spec != Spec::inside) return;
    plan.ranges.push_back(one);
    total += one.size();
    // More bytes than there are is an attack or a mistake (RFC 9110 §17.15).
    if (total > size) bad = true;
  });
  if (bad || specs == 0) {
    plan.ranges.clear();
    return plan;
  }
  join_overlapping(plan.ranges);
  plan.kind = plan.ranges.empty()       ? RangeKind::unsatisfiable
              : plan.ranges.size() == 1 ? RangeKind::single
                                        : RangeKind::multiple;
  return plan;
}

std::string content_range(const ByteRange& range, uint64_t size) {
  return fmt::format("bytes {}-{}/{}", range.first, range.last, size);
}

std::string unsatisfied_range(uint64_t size) { return fmt::format("bytes */{}", size); }

bool parse_content_range(std::string_view text, ByteRange& range, uint64_t& size) {
  if (!base::starts_ignoring_case(text, "bytes ")) return false;
  text = base::trim(text.substr(6));
  size_t dash = text.find('-');
  size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return false;
  std::optional<uint64_t> first = base::parse_uint(text.substr(0, dash));
  std::optional<uint64_t> last = base::parse_uint(text.substr(dash + 1, slash - dash - 1));
  std::string_view whole = text.substr(slash + 1);
  std::optional<uint64_t> length = whole == "*" ? UINT64_MAX : base::parse_uint(whole);
  if (!first || !last || !length || *last < *first || *last >= *length) return false;
  range = {*first, *last};
  size = *length;
  return true;
}

MultipartRanges::MultipartRanges(std::vector<ByteRange> ranges, uint64_t size, std::string_view content_type,
                                 std::string_view boundary)
    : ranges_(std::move(ranges)), size_(size), part_type_(content_type), boundary_(boundary) {}

std::string MultipartRanges::opening(size_t index) const {
  std::string text = fmt::format("\r\n--{}\r\n", boundary_);
  if (!part_type_.empty()) text += fmt::format("Content-Type: {}\r\n", part_type_);
  text += fmt::format("Content-Range: {}\r\n\r\n", content_range(ranges_[index], size_));
  return text;
}

std::string MultipartRanges::closing() const { return fmt::format("\r\n--{}--\r\n", boundary_); }

uint64_t MultipartRanges::content_length() const {
  uint64_t length = closing().size();
  for (size_t i = 0; i < ranges_.size(); i++) length += opening(i).size() + ranges_[i].size();
  return length;
}

std::string MultipartRanges::content_type() const {
  return fmt::format("multipart/byteranges; boundary={}", boundary_);
}

RangedBody::RangedBody(BodyPtr whole, ByteRange range)
    : whole_(std::move(whole)), ranges_{range}, remaining_(range.size()) {}

RangedBody::RangedBody(BodyPtr whole, MultipartRanges multipart)
    : whole_(std::move(whole)),
      ranges_(multipart.ranges()),
      multipart_(std::move(multipart)),
      remaining_(multipart_->content_length()) {
  begin_range();
}

void RangedBody::begin_range() {
  if (!multipart_) return;
  dress_ = index_ < ranges_.size() ? multipart_->opening(index_) : multipart_->closing();
  dress_taken_ = 0;
}

void RangedBody::end_range() {
  index_++;
  begin_range();
}

Readiness RangedBody::skip_to_range() {
  while (position_ < ranges_[index_].first) {
    iovec pieces[8];
    Peek seen = whole_->peek(pieces);
    // A whole that ends before its ranges was cut: the answer must not look complete.
    if (seen.state != Readiness::ready) return seen.state == Readiness::end ? Readiness::failed : seen.state;
    uint64_t size = 0;
    for (int i = 0; i < seen.count; i++) size += pieces[i].iov_len;
    auto skipped = static_cast<size_t>(std::min(size, ranges_[index_].first - position_));
    whole_->consume(skipped);
    position_ += skipped;
  }
  return Readiness::ready;
}

Peek RangedBody::peek(std::span<iovec> pieces) {
  if (in_dress()) {
    std::string_view text = std::string_view(dress_).substr(dress_taken_);
    pieces[0] = {const_cast<char*>(text.data()), text.size()};
    return {Readiness::ready, 1, index_ == ranges_.size()};
  }
  if (index_ == ranges_.size()) return {Readiness::end, 0, true};
  Readiness skipped = skip_to_range();
  if (skipped != Readiness::ready) return {skipped, 0, false};

  Peek seen = whole_->peek(pieces);
  if (seen.state == Readiness::end) seen.state = Readiness::failed;
  if (seen.state != Readiness::ready) return seen;
  uint64_t left = ranges_[index_].last + 1 - position_;
  int count = 0;
  while (count < seen.count && left > 0) {
    size_t size = static_cast<size_t>(std::min<uint64_t>(pieces[count].iov_len, left));
    pieces[count++].iov_len = size;
    left -= size;
  }
  return {Readiness::ready, count, left == 0 && !multipart_};
}

void RangedBody::consume(size_t bytes) {
  remaining_ -= bytes;
  if (in_dress()) {
    dress_taken_ += bytes;
    return;
  }
  whole_->consume(bytes);
  position_ += bytes;
  if (position_ > ranges_[index_].last) end_range();
}

void RangedBody::set_reader(event::Ready* reader) {
  reader_ = reader;
  whole_->set_reader(reader);
}

}  // namespace http
