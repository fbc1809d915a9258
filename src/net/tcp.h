// A transport over a stream socket: TCP or a Unix socket. About 180 bytes, and nothing more while it is idle.
#pragma once

#include "event/loop.h"
#include "net/fd.h"
#include "net/transport.h"

namespace net {

class TcpTransport final : public Transport {
 public:
  /// `socket` is connected and non-blocking.
  TcpTransport(event::Loop& loop, Fd socket, const Address& peer);
  ~TcpTransport() override;

  IoResult read(char* into, size_t size) override;
  IoResult write(const iovec* pieces, int count) override;
  IoResult send_file(int file, uint64_t offset, size_t size) override;
  IoResult peek() override;
  void watch(int events) override;
  int watched() const override { return io_.watched(); }
  void shutdown_write() override;
  void close(bool reset) override;
  int fd() const override { return io_.fd(); }
  const Address& peer() const override { return peer_; }
  Address local() const override;

 private:
  static void on_io(void* owner, int events);

  event::Io io_;
  Address peer_;
  bool* gone_ = nullptr;  // set while the handler is called: tells that it closed or destroyed this
};

}  // namespace net
