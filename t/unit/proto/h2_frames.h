// HTTP/2 on the peer's side of a test: frames as they are written, and what a client or a server of ours
// said, which has to be HTTP/2 whatever it was told: preface, frames of a size that every peer takes, HPACK,
// streams in order, no DATA where none may be (RFC 9113).
#pragma once

#include <nghttp2/nghttp2.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace h2_frames {

using Lines = std::vector<std::pair<std::string, std::string>>;

inline std::string number(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}
inline std::string frame(int type, int flags, uint32_t stream, std::string_view payload = {}) {
  std::string text = number(payload.size(), 3) + number(static_cast<uint64_t>(type), 1);
  return text + number(static_cast<uint64_t>(flags), 1) + number(stream, 4) + std::string(payload);
}
inline std::string settings(const std::vector<std::pair<int, uint32_t>>& values = {}) {
  std::string payload;
  for (auto [name, value] : values) payload += number(static_cast<uint64_t>(name), 2) + number(value, 4);
  return frame(NGHTTP2_SETTINGS, 0, 0, payload);
}
inline std::string settings_ack() { return frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0); }
// Literals that enter no table (RFC 7541 §6.2.2).
inline std::string block(const Lines& lines) {
  auto text = [](const std::string& each) {
    size_t size = each.size();
    if (size < 127) return static_cast<char>(size) + each;
    std::string digits(1, '\x7f');
    for (size -= 127; size >= 128; size >>= 7) digits += static_cast<char>(128 | (size & 127));
    return digits + static_cast<char>(size) + each;
  };
  std::string payload;
  for (const auto& [name, value] : lines) payload += '\0' + text(name) + text(value);
  return payload;
}
inline std::string headers(uint32_t stream, const Lines& lines, bool ends = false) {
  int flags = NGHTTP2_FLAG_END_HEADERS | (ends ? NGHTTP2_FLAG_END_STREAM : 0);
  return frame(NGHTTP2_HEADERS, flags, stream, block(lines));
}
inline std::string data(uint32_t stream, std::string_view bytes, bool ends = false) {
  return frame(NGHTTP2_DATA, ends ? NGHTTP2_FLAG_END_STREAM : 0, stream, bytes);
}
inline std::string window_update(uint32_t stream, uint32_t by) {
  return frame(NGHTTP2_WINDOW_UPDATE, 0, stream, number(by, 4));
}
inline std::string rst_stream(uint32_t stream, uint32_t code) {
  return frame(NGHTTP2_RST_STREAM, 0, stream, number(code, 4));
}
inline std::string goaway(uint32_t last, uint32_t code) {
  return frame(NGHTTP2_GOAWAY, 0, 0, number(last, 4) + number(code, 4));
}

/// What one side said, checked while it is taken in.
class Heard {
 public:
  struct Stream {
    Lines lines;
    Lines trailers;
    int interim = 0;  // heads before the final one
    bool final = false;
    std::string body;
    bool ended = false;
    int64_t reset = -1;   // the code
    uint64_t window = 0;  // given back
  };

  enum class From { client, server };
  explicit Heard(From from = From::client) : from_(from), began_(from == From::server) {
    PC_CHECK(nghttp2_hd_inflate_new(&inflater_) == 0);
  }
  ~Heard() { nghttp2_hd_inflate_del(inflater_); }
  Heard(const Heard&) = delete;
  Heard& operator=(const Heard&) = delete;

  /// Whole frames, from the front of `bytes`.
  void take(std::string& bytes) {
    if (!began_) {
      if (bytes.size() < NGHTTP2_CLIENT_MAGIC_LEN) return;
      PC_CHECK(bytes.compare(0, NGHTTP2_CLIENT_MAGIC_LEN, NGHTTP2_CLIENT_MAGIC) == 0);
      bytes.erase(0, NGHTTP2_CLIENT_MAGIC_LEN);
      began_ = true;
    }
    size_t at = 0;
    while (bytes.size() - at >= kHead) {
      size_t size = value(bytes, at, 3);
      PC_CHECK(size <= 16384);
      if (bytes.size() - at < kHead + size) break;
      std::string_view payload = std::string_view(bytes).substr(at + kHead, size);
      on_frame(static_cast<int>(value(bytes, at + 3, 1)), static_cast<int>(value(bytes, at + 4, 1)),
               static_cast<uint32_t>(value(bytes, at + 5, 4)), payload);
      at += kHead + size;
    }
    bytes.erase(0, at);
  }

  std::map<uint32_t, Stream> streams;
  std::map<int, uint32_t> settings;
  uint64_t window = 65535;  // of the connection
  int settings_acks = 0;
  int pongs = 0;
  int64_t goaway = -1;  // the code

 private:
  static constexpr size_t kHead = 9;
  static uint64_t value(std::string_view bytes, size_t at, int count) {
    uint64_t result = 0;
    for (int i = 0; i < count; ++i)
      result = result << 8 | static_cast<uint8_t>(bytes[at + static_cast<size_t>(i)]);
    return result;
  }

  void on_frame(int type, int flags, uint32_t id, std::string_view payload) {
    PC_CHECK(in_block_ == 0 || (type == NGHTTP2_CONTINUATION && id == in_block_));
    switch (type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_CONTINUATION: return on_headers(type, flags, id, payload);
      case NGHTTP2_DATA: return on_data(flags, id, payload);
      case NGHTTP2_SETTINGS:
        settings_acks += (flags & NGHTTP2_FLAG_ACK) != 0;
        for (size_t at = 0; at < payload.size(); at += 6)
          settings[static_cast<int>(value(payload, at, 2))] =
              static_cast<uint32_t>(value(payload, at + 2, 4));
        return;
      case NGHTTP2_PING: pongs += (flags & NGHTTP2_FLAG_ACK) != 0; return;
      case NGHTTP2_GOAWAY: goaway = static_cast<int64_t>(value(payload, 4, 4)); return;
      case NGHTTP2_RST_STREAM:
        PC_CHECK(from_ == From::server || id <= last_ || id % 2 == 0);  // what the peer pushes is refused
        streams[id].reset = static_cast<int64_t>(value(payload, 0, 4));
        return;
      case NGHTTP2_WINDOW_UPDATE: (id == 0 ? window : streams[id].window) += value(payload, 0, 4); return;
      default: PC_CHECK(!"a client sends no such frame");
    }
  }

  void on_headers(int type, int flags, uint32_t id, std::string_view payload) {
    if (type == NGHTTP2_HEADERS && from_ == From::server) {
      PC_CHECK(id % 2 == 1 && !streams[id].ended && streams[id].reset < 0);
      is_trailer_ = streams[id].final;
    } else if (type == NGHTTP2_HEADERS && id > last_) {
      PC_CHECK(id % 2 == 1);
      last_ = id;
    } else if (type == NGHTTP2_HEADERS) {
      PC_CHECK(streams.contains(id) && !streams[id].ended && streams[id].reset < 0);
      is_trailer_ = true;
    }
    PC_CHECK((flags & (NGHTTP2_FLAG_PADDED | NGHTTP2_FLAG_PRIORITY)) == 0);
    Stream& stream = streams[id];
    if (type == NGHTTP2_HEADERS && (flags & NGHTTP2_FLAG_END_STREAM) != 0) stream.ended = true;
    PC_CHECK(!is_trailer_ || stream.ended);
    bool whole = (flags & NGHTTP2_FLAG_END_HEADERS) != 0;
    inflate(payload, whole, is_trailer_ ? stream.trailers : stream.lines);
    in_block_ = whole ? 0 : id;
    if (whole && from_ == From::server && !is_trailer_) on_head(stream);
    if (whole) is_trailer_ = false;
  }

  // RFC 9113 §8.1: interim heads end no stream.
  static void on_head(Stream& stream) {
    PC_CHECK(!stream.lines.empty() && stream.lines[0].first == ":status");
    stream.final = stream.lines[0].second[0] != '1';
    if (stream.final) return;
    PC_CHECK(!stream.ended);
    ++stream.interim;
    stream.lines.clear();
  }

  void inflate(std::string_view payload, bool whole, Lines& lines) {
    auto* in = reinterpret_cast<const uint8_t*>(payload.data());
    size_t left = payload.size();
    for (;;) {
      nghttp2_nv line;
      int flags = 0;
      ssize_t taken = nghttp2_hd_inflate_hd2(inflater_, &line, &flags, in, left, whole);
      PC_CHECK(taken >= 0);
      in += taken;
      left -= static_cast<size_t>(taken);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        lines.emplace_back(std::string(reinterpret_cast<char*>(line.name), line.namelen),
                           std::string(reinterpret_cast<char*>(line.value), line.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        nghttp2_hd_inflate_end_headers(inflater_);
        return;
      }
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && left == 0) return;
    }
  }

  void on_data(int flags, uint32_t id, std::string_view payload) {
    PC_CHECK(streams.contains(id) && !streams[id].ended && streams[id].reset < 0);
    PC_CHECK(from_ == From::client || streams[id].final);
    streams[id].body += payload;
    streams[id].ended = (flags & NGHTTP2_FLAG_END_STREAM) != 0;
  }

  From from_;
  nghttp2_hd_inflater* inflater_ = nullptr;
  uint32_t last_ = 0;
  uint32_t in_block_ = 0;  // fields of this stream go on
  bool is_trailer_ = false;
  bool began_;  // the preface was heard
};

}  // namespace h2_frames
