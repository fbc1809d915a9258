// The head of a request as HTTP/2 and HTTP/3 bring it, field by field, and what it means (RFC 9113 §8.3, RFC
// 9114 §4.3; RFC 8441 §4). Owned by a stream; its texts lie in the request's arena.
#pragma once

#include <string_view>

#include "http/make_request.h"

namespace http {

class IncomingHead {
 public:
  /// What the tables of HPACK and QPACK count for a field beside its text (RFC 7541 §4.1).
  static constexpr size_t kFieldCost = 32;

  void begin(Version version) {
    *this = IncomingHead();
    version_ = version;
  }
  /// One field line; texts are copied into the request's arena. False: it is beyond the limits and was not
  /// kept.
  bool add(std::string_view name, std::string_view value, const HeadLimits& limits, Request& request);
  /// The wire found a field that makes the message malformed (RFC 9113 §8.2.1).
  void spoil(std::string_view why) { spoilt_ = why; }
  /// All fields are there: says what the request is. `has_body`: the stream goes on behind the head.
  void complete(bool has_body, const HeadLimits& limits, bool secure, Request& request);

  /// RFC 8441: the client asks for a WebSocket.
  bool is_tunnel() const { return !protocol_.empty(); }
  size_t size() const { return size_; }

 private:
  bool add_pseudo(std::string_view name, std::string_view value, Request& request);
  void refuse(int status, std::string_view why, Request& request);
  void join_cookies(Request& request);
  void ask_for_upgrade(Request& request);

  std::string_view method_, path_, scheme_, authority_, protocol_;
  std::string_view spoilt_;
  size_t size_ = 0;
  Version version_ = Version::http2;
  bool pseudo_over_ = false;  // a field that is none came
};

}  // namespace http
