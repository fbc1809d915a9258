// Reads the head of an HTTP/1 message, or its trailer section, out of one buffer that grows at its end (RFC
// 9112 §2 to §5). Servers and clients share it. Strict: a bare CR or LF, a NUL, a space before a colon, a
// folded line are errors, never repaired. Scans every byte once, however the bytes arrive, and gives the same
// answer however they are cut into pieces. Owns nothing; views in the fields point into the buffer.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/fields.h"
#include "http/message.h"
#include "http/stream.h"

namespace h1 {

enum class Parsed : uint8_t {
  more,  ///< the head is not complete
  done,  ///< complete: size() bytes
  bad,   ///< status() and why() tell
};

struct ParserLimits {
  uint32_t max_line = 8192;   ///< one line with its CRLF
  uint32_t max_size = 32768;  ///< all lines
  uint32_t max_fields = 1000;
};

class Parser {
 public:
  enum class Kind : uint8_t { request, response, trailers };

  /// Fields go to `fields`; `names` says what becomes of odd ones. Both outlive the parsing.
  Parser(Kind kind, const ParserLimits& limits, const http::HeadLimits& names, http::Fields& fields)
      : fields_(&fields), names_(&names), limits_(limits), kind_(kind) {
    state_ = kind == Kind::trailers ? State::field_start : State::empty_lines;
  }

  /// `data` holds all bytes since the head began; those of earlier calls are the same. After `done` or `bad`
  /// it is not called again.
  Parsed parse(const char* data, size_t size);
  /// The buffer has moved: the fields found so far point to its new place.
  void moved(const char* from, const char* to);

  /// Bytes of the head, with `done`. What follows is the body or the next message.
  size_t size() const { return at_; }
  /// With `bad`: the status that tells a client: 400, 414, 431, 505.
  int status() const { return status_; }
  std::string_view why() const { return why_; }
  /// At least one byte of the message itself has come (not only empty lines before it).
  bool begun() const { return state_ != State::empty_lines; }
  bool has_start_line() const { return state_ >= State::field_start; }

  // Of the start line, once has_start_line(); `data` is the buffer.
  std::string_view method(const char* data) const { return {data + start_, method_size_}; }
  std::string_view target(const char* data) const { return {data + target_, target_size_}; }
  std::string_view start_line(const char* data) const { return {data + start_, start_line_size_}; }
  std::string_view reason(const char* data) const { return target(data); }
  http::Version version() const { return version_; }
  int response_status() const { return response_status_; }

 private:
  enum class State : uint8_t {
    empty_lines,
    method,
    target,
    version,
    status,
    reason,
    field_start,
    name,
    value_start,
    value,
    finished,
  };

  Parsed run(const char* data, const char* end);
  Parsed need_more(const char* data, const char* at, const char* end);
  Parsed fail(const char* data, const char* at, std::string_view why, int status = 400);
  Parsed too_large(std::string_view why);
  bool is_too_large(size_t line_end) const {
    return line_end - line_ > limits_.max_line || line_end > limits_.max_size;
  }
  bool end_line(const char* data, const char* after);
  bool add_field(const char* data, const char* value_end);
  // Bytes matched of "HTTP/1.1"; -1 when it is no version. Sets version_ when all are there.
  int match_version(const char* at, const char* end);

  http::Fields* fields_;
  const http::HeadLimits* names_;
  ParserLimits limits_;
  // Offsets in the buffer, which may move.
  uint32_t at_ = 0;     // scanned up to here
  uint32_t line_ = 0;   // the current line begins
  uint32_t value_ = 0;  // its value begins
  uint32_t start_ = 0;  // the start line begins
  uint32_t start_line_size_ = 0;
  uint32_t method_size_ = 0;
  uint32_t target_ = 0;
  uint32_t target_size_ = 0;
  uint32_t name_size_ = 0;
  int status_ = 0;
  int response_status_ = 0;
  std::string_view why_;
  Kind kind_;
  State state_;
  http::Version version_ = http::Version::http11;
  bool bad_major_ = false;
  bool odd_name_ = false;
  uint8_t empty_lines_ = 0;
};

}  // namespace h1
