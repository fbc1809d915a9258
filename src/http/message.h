// Requests and responses as every version of HTTP understands them (RFC 9110). Text lives in the stream's
// arena.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/fields.h"

namespace http {

enum class Method : uint8_t { other, get, head, post, put, del, connect, options, trace, patch, purge };

Method find_method(std::string_view text);  // methods are case-sensitive (RFC 9110 §9.1)
/// RFC 9110 §9.2.1.
bool is_safe(Method method);
/// RFC 9110 §9.2.2.
bool is_idempotent(Method method);

enum class Version : uint8_t { http09, http10, http11, http2, http3 };
/// "HTTP/1.1", as $server_protocol.
std::string_view version_text(Version version);

/// How the length of a body is known.
enum class Framing : uint8_t {
  none,       ///< no body
  length,     ///< content_length bytes
  streamed,   ///< until the wire says so (chunked, END_STREAM)
  until_end,  ///< until the connection ends: only responses
};

struct Request {
  explicit Request(base::Arena& arena) : fields(arena) {}

  Method method = Method::other;
  Version version = Version::http11;
  std::string_view method_text;
  std::string_view scheme;     ///< "http" or "https": what the connection is
  std::string_view authority;  ///< Host or :authority as received; empty only in HTTP/1.0 and 0.9
  std::string_view host;    ///< its host part, lower case, without a trailing dot, port or user information
  uint16_t port = 0;        ///< its port, 0 when it names none
  std::string_view target;  ///< origin form as received: "/a%20b?x=1" ($request_uri); "*" for OPTIONS *
  std::string_view path;    ///< decoded, dot segments resolved, slashes merged: what locations match ($uri)
  std::string_view query;   ///< after the first "?", as received ($args)
  Fields fields;
  Framing framing = Framing::none;
  uint64_t content_length = 0;    ///< with Framing::length
  bool keep_alive = true;         ///< the client lets the connection be used again
  bool expects_continue = false;  ///< Expect: 100-continue (RFC 9110 §10.1.1)
  std::string_view upgrade;       ///< the protocols of Upgrade, when Connection names it; also :protocol
  std::string_view request_line;  ///< as received, for $request
  /// The wire or make_request() refuses it with this status; it is answered like any error, then closed.
  int refused = 0;
  std::string_view refused_why;  ///< for the error log
  bool malformed = false;        ///< refused, and in HTTP/2 and 3 a fault of the stream (RFC 9113 §8.1.1)
};

struct Response {
  explicit Response(base::Arena& arena) : fields(arena) {}

  int status = 0;
  Version version = Version::http11;
  std::string_view reason;  ///< empty: the standard phrase
  Fields fields;
  Framing framing = Framing::none;
  uint64_t content_length = 0;  ///< with Framing::length
};

/// Statuses that only error_page and our own pages know; a client is told 400 (nginx's numbers).
inline constexpr int kBadCertificate = 495, kNoCertificate = 496, kPlainToTls = 497;

/// "Not Found"; "" for a status without a registered phrase.
std::string_view reason_phrase(int status);
/// RFC 9110 §6.4.1: whether a response with this status to this method has content at all.
bool has_content(Method request, int status);

}  // namespace http
