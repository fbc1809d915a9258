// A request's body read whole before it is used: in memory up to client_body_buffer_size, then in a file
// (client_body_temp_path), as nginx. Owned by the exchange; can be read more than once (retries).
#pragma once

#include <memory>
#include <string_view>

#include "event/task.h"
#include "http/body.h"

namespace exchange {

class Exchange;
struct CoreConf;

class RequestBody {
 public:
  explicit RequestBody(Exchange& exchange);
  ~RequestBody();
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  /// Reads all of it. The status to answer with: 0 when it is complete, 413, 408, 400, 500 (disk), or 499
  /// when the client left. A second call answers at once. When the wire's body fails, Request::refused says
  /// why (else it is 400).
  event::Task<int> read_whole();
  bool complete() const { return complete_; }
  uint64_t size() const { return size_; }

  /// $request_body: only what is in memory.
  std::string_view memory() const;
  /// $request_body_file: empty when it is in memory.
  std::string_view file_path() const;
  /// The trailer fields that came behind it, read whole or passed on; null when there are none (yet).
  const http::Fields* trailers() const;
  /// A fresh reader from the start; it must not outlive the exchange.
  http::BodyPtr reader();

 private:
  struct Kept;
  event::Task<int> read(http::Body& body);
  event::Task<int> append_to_file();
  int take(http::Body& body, const http::Peek& peek, const iovec* pieces);
  int refusal() const;

  Exchange& exchange_;
  const CoreConf& core_;
  bool done_ = false;
  bool complete_ = false;
  int status_ = 0;
  uint64_t size_ = 0;
  const http::Fields* trailers_ = nullptr;
  std::unique_ptr<Kept> kept_;
};

}  // namespace exchange
