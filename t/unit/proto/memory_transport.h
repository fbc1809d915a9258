// A transport without a socket: what the peer says lies in `in`, what is written lies in `out`. Nothing
// happens by itself: the test calls go().
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "net/transport.h"

class MemoryTransport final : public net::Transport {
 public:
  MemoryTransport() : Transport(false) {}

  net::IoResult read(char* into, size_t size) override {
    if (closed) return net::IoResult::failed(EBADF);
    if (in.empty()) {
      if (reset) return net::IoResult::failed(ECONNRESET);
      return ended ? net::IoResult::end() : net::IoResult::wait();
    }
    size_t part = std::min({size, in.size(), most_read});
    std::memcpy(into, in.data(), part);
    in.erase(0, part);
    return net::IoResult::ready(part);
  }
  net::IoResult write(const iovec* pieces, int count) override {
    if (closed) return net::IoResult::failed(EBADF);
    if (reset) return net::IoResult::failed(EPIPE);
    ++writes;
    size_t moved = 0;
    for (int i = 0; i < count && room > 0; ++i) {
      size_t part = std::min(pieces[i].iov_len, room);
      out.append(static_cast<const char*>(pieces[i].iov_base), part);
      if (room != SIZE_MAX) room -= part;
      moved += part;
    }
    return moved > 0 ? net::IoResult::ready(moved) : net::IoResult::wait();
  }
  net::IoResult send_file(int, uint64_t, size_t) override { return net::IoResult::failed(ENOTSUP); }
  net::IoResult peek() override {
    if (!in.empty()) return net::IoResult::ready(1);
    return ended || reset ? net::IoResult::end() : net::IoResult::wait();
  }
  void watch(int events) override { watched_ = events; }
  int watched() const override { return watched_; }
  void shutdown_write() override {}
  void close(bool) override {
    closed = true;
    watched_ = 0;
  }
  int fd() const override { return -1; }
  const net::Address& peer() const override { return peer_; }
  net::Address local() const override { return {}; }

  /// As a turn of the loop: tells whoever watches.
  void go() {
    if ((watched_ & EV_READ) != 0 && (!in.empty() || ended || reset)) handler_->on_readable();
    if ((watched_ & EV_WRITE) != 0 && (room > 0 || reset)) handler_->on_writable();
  }

  std::string in;
  std::string out;
  size_t most_read = SIZE_MAX;  // by one call
  size_t room = SIZE_MAX;       // that the socket has for what is written
  int writes = 0;               // calls of write()
  bool ended = false;           // the peer's side
  bool reset = false;
  bool closed = false;

 private:
  net::Address peer_;
  int watched_ = 0;
};
