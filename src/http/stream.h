// The seam between the wire and the proxy: one request slot of a client connection, whatever the HTTP
// version.
//
// Life: the session makes a Stream, calls StreamHandler::on_stream() once when the head is complete (or
// refused). The handler answers with respond(), once. When all of it went out, or the client left, the
// session calls on_stream_end(), once. The handler calls release() when it needs the stream no more, once,
// after on_stream_end(); only then does the session free the stream and its arena (and h1 reads the next
// request).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "base/units.h"
#include "http/body.h"
#include "http/message.h"

namespace net {
class Address;
class TlsFacts;
struct ProxyHeader;
}  // namespace net

namespace http {

/// What a stream may ask of its connection; lives as long as the connection.
struct Connection {
  uint64_t id = 0;        ///< $connection
  uint64_t requests = 0;  ///< requests made so far, this one included ($connection_requests)
  int64_t started = 0;    ///< WallTime of accept
  const net::Address* peer = nullptr;
  const net::Address* local = nullptr;
  std::string_view alpn;                          ///< "h2", "http/1.1"; empty without TLS
  bool secure = false;                            ///< TLS or QUIC
  const net::TlsFacts* tls = nullptr;             ///< null without TLS
  std::shared_ptr<const net::ProxyHeader> proxy;  ///< what the PROXY protocol said; null: it is not spoken
  int fd = -1;                                    ///< the socket, for $tcpinfo_*; -1 for QUIC
  uint32_t listener = 0;  ///< which listening address (index into the configuration's listeners)
};

/// Limits for reading request heads: those of the listener's default server (RFC 9112 §3, nginx's names).
struct HeadLimits {
  uint32_t header_buffer_size = 1024;  ///< client_header_buffer_size
  uint32_t large_buffer_count = 4;     ///< large_client_header_buffers
  uint32_t large_buffer_size = 8192;
  uint32_t max_headers = 1000;           ///< max_headers
  base::Duration header_timeout{60000};  ///< client_header_timeout: the whole head
  bool ignore_invalid_headers = true;
  bool underscores_in_headers = false;
  bool merge_slashes = true;
};

/// How the connection treats this stream from now on: set by the router from the route.
struct StreamPolicy {
  base::Duration body_timeout{60000};       ///< client_body_timeout, between two reads
  base::Duration send_timeout{60000};       ///< between two writes
  base::Duration keepalive_timeout{75000};  ///< 0: close after this response
  base::Duration keepalive_header{
      0};  ///< second argument of keepalive_timeout: "Keep-Alive: timeout="; 0: none
  base::Duration keepalive_time{3600000};  ///< longest life of a keep-alive connection
  uint64_t keepalive_requests = 1000;
  uint64_t limit_rate = 0;  ///< bytes a second to the client; 0: no limit
  uint64_t limit_rate_after = 0;
  uint64_t body_min_rate = 0;  ///< client_body_min_rate, bytes a second; 0: no limit
  uint64_t max_body_size = 0;  ///< client_max_body_size; 0: no limit
  uint32_t postpone_output = 1460;
  uint32_t http2_chunk = 8192;  ///< most bytes of a body in one DATA frame
  bool tcp_nodelay = true;
  bool tcp_nopush = false;
  bool sendfile = true;
  bool chunked_transfer_encoding = true;
  bool reset_timedout = false;  ///< reset_timedout_connection
  enum class Lingering : uint8_t { off, on, always } lingering = Lingering::on;
  base::Duration lingering_time{30000};
  base::Duration lingering_timeout{5000};
};

/// How a stream ended.
enum class StreamEnd : uint8_t {
  complete,     ///< all of the response was handed to the kernel
  client_gone,  ///< the client closed or reset, before or while it was answered
  timed_out,    ///< send_timeout or client_body_timeout
  body_failed,  ///< the response body failed midway: the stream was reset
  shut_down,    ///< worker_shutdown_timeout
};

class Stream {
 public:
  virtual Request& request() = 0;
  virtual base::Arena& arena() = 0;
  virtual const Connection& connection() const = 0;
  StreamPolicy& policy() { return policy_; }

  /// The request's body, owned by the stream; null when it has none. Reading from it sends "100 Continue"
  /// first when the client waits for it. What is left unread when the response is done is discarded within
  /// limits.
  virtual Body* request_body() = 0;

  /// Sends an interim response (103; 100 is sent by itself). Ignored for HTTP/1.0 and after respond().
  virtual void inform(const Response& head) = 0;
  /// Sends the final response: `head` is taken as it is but for framing and hop-by-hop fields, which the wire
  /// sets (Connection, Transfer-Encoding, Content-Length from head.framing). The stream owns the body (null:
  /// none) and pulls it. A 101 (or 2xx to CONNECT) makes both bodies raw: request_body() then yields what the
  /// client sends until it closes.
  virtual void respond(const Response& head, BodyPtr body) = 0;
  /// Ends the stream so that the client sees it is broken (h1: close or reset, h2/h3: RESET_STREAM).
  virtual void abort() = 0;
  /// After this response nothing of the connection can be trusted to be a request: h1 closes it.
  virtual void close_after() = 0;
  virtual void release() = 0;

  uint64_t bytes_sent() const { return bytes_sent_; }            ///< $bytes_sent
  uint64_t body_bytes_sent() const { return body_bytes_sent_; }  ///< $body_bytes_sent
  uint64_t request_length() const { return request_length_; }    ///< $request_length
  base::MonoTime started() const { return started_; }            ///< first byte of the request
  bool pipelined() const { return pipelined_; }  ///< $pipe: it came behind another unanswered one

  void* user = nullptr;  ///< the handler's exchange

 protected:
  ~Stream() = default;
  StreamPolicy policy_;
  uint64_t bytes_sent_ = 0;
  uint64_t body_bytes_sent_ = 0;
  uint64_t request_length_ = 0;
  base::MonoTime started_ = 0;
  bool pipelined_ = false;
};

/// What stands above the wire: `proxy` implements it, tests too.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void on_stream(Stream& stream) = 0;
  virtual void on_stream_end(Stream& stream, StreamEnd end) = 0;
  /// Limits for heads read on this listener.
  virtual const HeadLimits& head_limits(uint32_t listener) = 0;
};

}  // namespace http
