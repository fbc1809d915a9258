#include "proto/h1/chunked.h"

#include <criterion/criterion.h>

#include <string>

using h1::ChunkedDecoder;

namespace {

struct Decoded {
  std::string payload;
  size_t used = 0;  // bytes up to the trailer section
  ChunkedDecoder::Kind end = ChunkedDecoder::Kind::more;
  bool operator==(const Decoded&) const = default;
};

// Decodes in pieces of `step` bytes, taking at most `bite` payload bytes at a time.
Decoded feed(std::string_view text, size_t step, size_t bite) {
  Decoded out;
  ChunkedDecoder decoder;
  for (size_t given = 0; given < text.size();) {
    given = std::min(given + step, text.size());
    std::string_view bytes = text.substr(out.used, given - out.used);
    while (true) {
      ChunkedDecoder::Step got = decoder.next(bytes);
      out.used += got.skipped;
      bytes.remove_prefix(got.skipped);
      out.end = got.kind;
      if (got.kind == ChunkedDecoder::Kind::more) break;
      if (got.kind != ChunkedDecoder::Kind::payload) return out;
      size_t size = std::min(got.size, bite);
      out.payload.append(bytes.substr(0, size));
      decoder.take(size);
      out.used += size;
      bytes.remove_prefix(size);
    }
  }
  return out;
}

Decoded decode(std::string_view text) {
  Decoded whole = feed(text, text.size(), text.size());
  for (size_t step = 1; step < text.size(); step++) {
    for (size_t bite : {1, 3, 1000}) {
      cr_assert(feed(text, step, bite) == whole, "step %zu bite %zu: %.*s", step, bite, int(text.size()),
                text.data());
    }
  }
  return whole;
}

}  // namespace

Test(chunked, payload_is_found) {  // RFC 9112 §7.1
  Decoded got = decode("4\r\nWiki\r\n00A;ext=\"1;2\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
  cr_assert(got.end == ChunkedDecoder::Kind::trailers);
  cr_assert_str_eq(got.payload.c_str(), "Wiki0123456789");
  cr_assert_eq(got.used, 39);
}

Test(chunked, an_unfinished_body_asks_for_more) {
  for (std::string_view text :
       {"4", "4\r", "4\r\n", "4\r\nWi", "4\r\nWiki", "4\r\nWiki\r", "4\r\nWiki\r\n", "0\r", "4;x"}) {
    cr_assert(decode(text).end == ChunkedDecoder::Kind::more, "%.*s", int(text.size()), text.data());
  }
}

Test(chunked, anything_else_is_refused) {
  for (std::string_view text : {"\r\n",
                                "x\r\n",
                                "4\nWiki",
                                "4 \r\nWiki",
                                " 4\r\nWiki",
                                "0x4\r\n",
                                "-4\r\n",
                                "+4\r\n",
                                "4\r\nWikix",
                                "4\r\nWiki\n",
                                "4\r\nWiki\rx",
                                "4\rx",
                                "4;a\nb",
                                ";a\r\n",
                                "00000000000000004\r\n",
                                "8000000000000000\r\n",
                                "ffffffffffffffff\r\n",
                                "4;\x01\r\n",
                                "4;\r\r\n",
                                "4_0\r\n",
                                "4,\r\n"}) {
    cr_assert(decode(text).end == ChunkedDecoder::Kind::bad, "%.*s", int(text.size()), text.data());
  }
  cr_assert(feed(std::string_view("4\0\r\n", 4), 1, 1).end == ChunkedDecoder::Kind::bad);
}

Test(chunked, extensions_may_not_outweigh_the_payload) {
  std::string text;
  for (int i = 0; i < 100; i++) text += "1;" + std::string(60, 'e') + "\r\nx\r\n";
  cr_assert(feed(text, 100, 100).end == ChunkedDecoder::Kind::bad);
  std::string paid;
  for (int i = 0; i < 200; i++)
    paid += "400;" + std::string(60, 'e') + "\r\n" + std::string(1024, 'x') + "\r\n";
  cr_assert(feed(paid, 1000, 1000).payload.size() == 200 * 1024);
}

Test(chunked, heads_are_written_as_they_are_read) {
  for (uint64_t size : {uint64_t{1}, uint64_t{15}, uint64_t{16}, uint64_t{0x1a2b}, uint64_t{1} << 40}) {
    char head[h1::kMaxChunkHead];
    size_t length = h1::write_chunk_head(size, head);
    ChunkedDecoder decoder;
    ChunkedDecoder::Step got = decoder.next({head, length});
    cr_assert(got.kind == ChunkedDecoder::Kind::more && got.skipped == length &&
              decoder.chunk_left() == size);
  }
}
