#include "http/ranges.h"

#include <criterion/criterion.h>

using http::ByteRange;
using http::RangeKind;

namespace {

std::string read_all(http::Body& body, size_t step) {
  std::string out;
  iovec pieces[4];
  while (true) {
    http::Peek seen = body.peek(pieces);
    if (seen.state != http::Readiness::ready) {
      cr_assert(seen.state == http::Readiness::end);
      return out;
    }
    size_t size = std::min(step, pieces[0].iov_len);
    out.append(static_cast<char*>(pieces[0].iov_base), size);
    body.consume(size);
  }
}

RangeKind kind_of(std::string_view range, uint64_t size = 1000, uint64_t max = 100) {
  return http::plan_ranges(range, size, max).kind;
}

}  // namespace

Test(ranges, single_ranges_are_cut_to_the_size) {
  auto one = [](std::string_view text) {
    http::RangePlan plan = http::plan_ranges(text, 1000, 100);
    cr_assert(plan.kind == RangeKind::single, "%.*s", int(text.size()), text.data());
    return plan.ranges[0];
  };
  cr_assert(one("bytes=0-499") == (ByteRange{0, 499}));
  cr_assert(one("bytes=500-") == (ByteRange{500, 999}));
  cr_assert(one("bytes=-1") == (ByteRange{999, 999}));
  cr_assert(one("bytes=-5000") == (ByteRange{0, 999}));
  cr_assert(one("bytes=999-18446744073709551615") == (ByteRange{999, 999}));
  cr_assert(one("Bytes=0-0, 2000-") == (ByteRange{0, 0}));
  cr_assert(one("bytes=0-9,10-19") == (ByteRange{0, 19}));
}

Test(ranges, what_is_no_byte_range_is_ignored) {
  for (std::string_view text :
       {"", "bytes", "bytes=", "bytes=a-b", "bytes=5-4", "bytes=-", "bytes=1-2-3", "items=0-1", "bytes=0-1;2",
        "bytes=18446744073709551616-", "bytes=+1-2", "bytes=0-999,0-999"}) {
    cr_assert(kind_of(text) == RangeKind::whole, "%.*s", int(text.size()), text.data());
  }
}

Test(ranges, outside_the_size_is_unsatisfiable) {
  cr_assert(kind_of("bytes=1000-") == RangeKind::unsatisfiable);
  cr_assert(kind_of("bytes=-0") == RangeKind::unsatisfiable);
  cr_assert(kind_of("bytes=0-", 0) == RangeKind::unsatisfiable);
}

Test(ranges, more_than_max_ranges_gives_the_whole) {
  cr_assert(kind_of("bytes=0-1,5-6", 1000, 2) == RangeKind::multiple);
  cr_assert(kind_of("bytes=0-1,5-6", 1000, 1) == RangeKind::whole);
  cr_assert(kind_of("bytes=0-1", 1000, 0) == RangeKind::whole);
}

Test(ranges, content_range_is_read_strictly) {
  ByteRange range;
  uint64_t size;
  cr_assert(http::parse_content_range("bytes 0-9/100", range, size) && size == 100 && range.last == 9);
  cr_assert(http::parse_content_range("bytes 5-9/*", range, size) && size == UINT64_MAX);
  for (std::string_view bad :
       {"bytes */100", "bytes 9-5/100", "bytes 0-100/100", "bytes 0-9", "0-9/100", "bytes x-9/1"}) {
    cr_assert(!http::parse_content_range(bad, range, size));
  }
}

Test(ranges, a_ranged_body_cuts_out_its_bytes) {
  for (size_t step : {1, 3, 100}) {
    http::RangedBody body(std::make_unique<http::StringBody>("0123456789"), ByteRange{2, 5});
    cr_assert(body.remaining() == 4);
    std::string text = read_all(body, step);
    cr_assert_str_eq(text.c_str(), "2345");
    cr_assert(body.remaining() == 0);
  }
}

Test(ranges, a_multipart_body_is_as_long_as_promised) {  // RFC 9110 §14.6
  for (size_t step : {1, 7, 1000}) {
    http::MultipartRanges parts({{0, 1}, {7, 9}}, 10, "text/plain", "xyz");
    uint64_t length = parts.content_length();
    http::RangedBody body(std::make_unique<http::StringBody>("0123456789"), parts);
    std::string text = read_all(body, step);
    cr_assert_eq(text.size(), length);
    cr_assert_str_eq(text.c_str(),
                     "\r\n--xyz\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01"
                     "\r\n--xyz\r\nContent-Type: text/plain\r\nContent-Range: bytes 7-9/10\r\n\r\n789"
                     "\r\n--xyz--\r\n");
  }
}

Test(ranges, a_whole_that_ends_too_early_fails) {
  http::RangedBody body(std::make_unique<http::StringBody>("0123"), ByteRange{2, 5});
  iovec pieces[4];
  cr_assert(body.peek(pieces).state == http::Readiness::ready);
  body.consume(2);
  cr_assert(body.peek(pieces).state == http::Readiness::failed);
}
