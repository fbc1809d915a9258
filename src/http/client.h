// The seam between the wire and the upstream floor: one request sent to an origin, whatever the HTTP version.
#pragma once

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "base/units.h"
#include "event/task.h"
#include "http/body.h"
#include "http/message.h"

namespace http {

/// Keeps something alive (a leased connection) until it is destroyed.
struct Hold {
  virtual ~Hold() = default;
};

/// Hears interim responses (1xx, RFC 9110 §15.2) other than 100 and 101 while the final one is awaited. The
/// fields of `head` are there during the call, their text as long as the answer's arena. It ends nothing from
/// inside.
struct InterimHandler {
  virtual void on_interim(const Response& head) = 0;

 protected:
  ~InterimHandler() = default;
};

/// Why an origin's answer did not come; decides whether another peer is asked (proxy_next_upstream).
enum class OriginFault : uint8_t {
  none,
  connect,          ///< could not connect (refused, unreachable): nothing was sent
  connect_timeout,  ///< proxy_connect_timeout
  handshake,        ///< TLS with it failed, or it is not whom we mean: nothing was sent
  handshake_timeout,
  send,  ///< writing the request failed
  send_timeout,
  closed,        ///< closed before a complete response head
  read_timeout,  ///< no response head, or none of the body, within proxy_read_timeout
  invalid,       ///< what came is not HTTP: never forwarded
  refused,       ///< the origin says it did nothing with the request: it may go out again (RFC 9113 §8.7)
  canceled,      ///< we gave up (client left)
};

/// What is sent to an origin. Lives until the answer's body has ended or the stream was canceled.
struct OriginRequest {
  std::string_view method;
  std::string_view target;     ///< path and query, or absolute form, as sent
  std::string_view scheme;     ///< h2: ":scheme"
  std::string_view authority;  ///< h2: ":authority"; h1 sends what `fields` holds as Host
  const Fields* fields = nullptr;
  Version version = Version::http11;
  Framing framing = Framing::none;
  uint64_t content_length = 0;
  Body* body = nullptr;  ///< pulled as the origin takes it; null: none
  bool keep_alive = true;
  bool upgrade = false;  ///< a 101 may come
};

/// A body is sent, if only an empty one of unknown length.
bool has_payload(const OriginRequest& request);
/// Why the request cannot be said in any version of HTTP; empty: it can.
std::string_view refuse(const OriginRequest& request);

/// More interim responses than this to one request are an attack.
inline constexpr int kMaxInterim = 16;

struct OriginLimits {
  uint32_t head_size = 4096;  ///< proxy_buffer_size: the whole response head
  uint32_t max_headers = 1000;
  base::Duration send_timeout{60000};
  base::Duration read_timeout{60000};
};

/// What came back. `body` is set unless the response has none; it owns the connection's lease and may outlive
/// everything else here.
struct OriginAnswer {
  explicit OriginAnswer(base::Arena& arena) : head(arena) {}
  OriginFault fault = OriginFault::none;
  int error = 0;         ///< errno, with a fault
  std::string_view why;  ///< with a fault, in words for the error log where there is more to say; static, or
                         ///< in head's arena
  Response head;
  BodyPtr body;
  uint64_t bytes_received = 0;  ///< of the head
};

}  // namespace http
