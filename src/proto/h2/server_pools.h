// What a worker's HTTP/2 sessions share: the library's callbacks and options, buffers that are used within
// one turn only, streams for those that are not idle. Owned by the worker's service.
#pragma once

#include <nghttp2/nghttp2.h>

#include <memory>
#include <vector>

#include "base/log.h"
#include "proto/h2/server_stream.h"

namespace h2 {

class ServerPools {
 public:
  /// Bytes of frames gathered for one write, and room for the frame that goes beyond.
  static constexpr size_t kBatch = 64 << 10;
  static constexpr size_t kOutput = kBatch + (32 << 10);
  static constexpr size_t kMaxSpare = 256;

  /// `input`: bytes that are read at once.
  ServerPools(base::Log& log, size_t input);
  ~ServerPools();
  ServerPools(const ServerPools&) = delete;
  ServerPools& operator=(const ServerPools&) = delete;

  nghttp2_session* open(ServerSession& session);
  base::Log& log() { return log_; }
  /// Of the session that reads just now.
  char* input() { return input_.get(); }
  size_t input_size() const { return input_size_; }
  /// Of the session that sends just now.
  char* output() { return output_.get(); }
  size_t output_size = 0;
  /// Field lines of the head that is being made.
  std::vector<nghttp2_nv>& lines() {
    lines_.clear();
    return lines_;
  }
  ServerStream* take(ServerSession& session, int32_t id, base::MonoTime now);
  void give(ServerStream* stream);

 private:
  base::Log& log_;
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* options_ = nullptr;
  size_t input_size_;
  std::unique_ptr<char[]> input_;  // both are there with the first session
  std::unique_ptr<char[]> output_;
  std::vector<nghttp2_nv> lines_;
  std::vector<ServerStream*> spare_;
};

}  // namespace h2
