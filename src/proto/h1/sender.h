// Sends one message: its head, then its body as fast as the socket takes it and the body gives it. Head,
// chunk framing and payload of a turn leave in one system call. Owned by a stream or a client session; it
// never waits, resumes nothing, and closes nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "http/body.h"
#include "net/transport.h"
#include "proto/h1/chunked.h"

namespace h1 {

class Sender {
 public:
  enum class Coding : uint8_t {
    none,     ///< no body
    length,   ///< exactly so many bytes
    chunked,  ///< RFC 9112 §7.1
    raw,      ///< until the body ends: the connection's end or a tunnel
  };
  enum class Turn : uint8_t {
    done,         ///< all of the message was handed to the kernel
    idle,         ///< nothing to send (more may be given)
    blocked,      ///< the socket is full, or others should have their turn: go on when it can be written
    waiting,      ///< the body has nothing now; its reader is woken
    throttled,    ///< the rate is used up until resume_at()
    failed,       ///< the connection is broken: code()
    body_failed,  ///< the body will not be complete: what was sent must not look complete
  };
  struct Pace {
    uint64_t rate = 0;   ///< bytes a second; 0: no limit
    uint64_t after = 0;  ///< the first bytes, which are free
    bool sendfile = true;
  };

  /// A message whose head is `head`; both outlive the sending. `arena` holds trailers.
  void start(std::string_view head, http::Body* body, Coding coding, uint64_t length, base::Arena& arena,
             base::MonoTime now);
  bool started() const { return started_; }
  /// Text that goes out before the message: an interim response.
  void add_interim(std::string_view text) { interim_.append(text); }
  bool has_interim() const { return !interim_.empty(); }

  /// Sends what goes out now, at most about two mebibytes.
  Turn turn(net::Transport& to, const Pace& pace, base::MonoTime now);

  bool done() const { return started_ && done_; }
  bool head_sent() const { return started_ && head_.empty(); }
  int code() const { return code_; }
  base::MonoTime resume_at() const { return resume_at_; }
  uint64_t bytes_sent() const { return bytes_; }
  uint64_t body_bytes_sent() const { return body_bytes_; }

 private:
  static constexpr int kMaxPieces = 64;
  static constexpr uint64_t kTurn = 2 << 20;

  // What one call sends, in the order of the wire.
  struct Batch {
    iovec pieces[kMaxPieces + 5];
    int count = 0;
    size_t size = 0;
    void add(std::string_view text);
    void limit(uint64_t size);
  };

  bool body_over() const { return body_ == nullptr || body_over_; }
  http::Readiness gather(Batch& batch, uint64_t most);
  http::Readiness gather_chunk(Batch& batch);
  http::Readiness gather_plain(Batch& batch, uint64_t most);
  int peek(Batch& batch, http::Peek& seen, uint64_t most, uint64_t& size);
  void open_chunk(uint64_t size, bool last);
  std::string_view final_chunk(bool after_payload);
  void account(size_t sent);
  void take(std::string_view& text, size_t& sent, bool is_body);
  bool is_complete() const;
  uint64_t allowance(const Pace& pace, base::MonoTime now);
  http::FilePart file_part(const net::Transport& to, const Pace& pace) const;
  std::optional<Turn> send_file(net::Transport& to, const http::FilePart& part, uint64_t most);
  std::optional<Turn> send_pieces(net::Transport& to, uint64_t ahead, uint64_t most);
  Turn fail(const net::IoResult& result);

  std::string interim_;
  std::string_view head_;
  http::Body* body_ = nullptr;
  base::Arena* arena_ = nullptr;
  uint64_t left_ = 0;        // length: of the body; chunked: of the open chunk
  std::string_view prefix_;  // the rest of the chunk's head
  std::string_view suffix_;  // what follows its payload
  char chunk_head_[kMaxChunkHead] = {};
  Coding coding_ = Coding::none;
  bool started_ = false;
  bool done_ = false;
  bool body_over_ = false;
  int code_ = 0;
  base::MonoTime began_ = 0;
  base::MonoTime resume_at_ = 0;
  uint64_t bytes_ = 0;
  uint64_t body_bytes_ = 0;
};

}  // namespace h1
