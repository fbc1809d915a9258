#include "net/tcp.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "net/socket.h"

namespace net {

namespace {

// More than this at once and the call would overflow its result.
constexpr size_t kMostAtOnce = size_t{1} << 30;
// Up to this, pieces are joined: the copy costs less than what the kernel does for a list of them (2 % of a
// response of 1 KiB).
constexpr size_t kMostJoined = 2048;

// recv(2) and send(2) without the library's cancellation points, which take two locked instructions each as
// soon as the process has threads. Nobody cancels the loop's thread.
ssize_t receive(int fd, char* into, size_t size) {
  return ::syscall(SYS_recvfrom, fd, into, size, 0, nullptr, nullptr);
}

ssize_t send(int fd, const void* bytes, size_t size) {
  return ::syscall(SYS_sendto, fd, bytes, size, MSG_NOSIGNAL, nullptr, 0);
}

ssize_t send(int fd, const iovec* pieces, int count) {
  if (count == 1) return send(fd, pieces->iov_base, pieces->iov_len);
  size_t size = 0;
  for (int i = 0; i < count; ++i) size += pieces[i].iov_len;
  if (size <= kMostJoined) {
    char joined[kMostJoined];
    size = 0;
    for (int i = 0; i < count; ++i) {
      std::memcpy(joined + size, pieces[i].iov_base, pieces[i].iov_len);
      size += pieces[i].iov_len;
    }
    return send(fd, joined, size);
  }
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = static_cast<size_t>(count);
  return ::syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
}

IoResult failure() {
  return errno == EAGAIN || errno == EWOULDBLOCK ? IoResult::wait() : IoResult::failed(errno);
}

}  // namespace

TcpTransport::TcpTransport(event::Loop& loop, Fd socket, const Address& peer)
    : Transport(true), io_(loop, on_io, this), peer_(peer) {
  PC_CHECK(socket);
  io_.open(socket.release());
}

TcpTransport::~TcpTransport() { close(false); }

IoResult TcpTransport::read(char* into, size_t size) {
  for (;;) {
    ssize_t got = receive(fd(), into, size);
    if (got > 0) return IoResult::ready(static_cast<size_t>(got));
    if (got == 0) return IoResult::end();
    if (errno != EINTR) return failure();
  }
}

IoResult TcpTransport::write(const iovec* pieces, int count) {
  for (;;) {
    ssize_t sent = send(fd(), pieces, count);
    if (sent >= 0) return IoResult::ready(static_cast<size_t>(sent));
    if (errno != EINTR) return failure();
  }
}

// sendfile(2) has no MSG_NOSIGNAL: the process ignores SIGPIPE.
IoResult TcpTransport::send_file(int file, uint64_t offset, size_t size) {
  off_t from = static_cast<off_t>(offset);
  if (size > kMostAtOnce) size = kMostAtOnce;
  for (;;) {
    ssize_t sent = ::sendfile(fd(), file, &from, size);
    if (sent >= 0) return IoResult::ready(static_cast<size_t>(sent));
    if (errno != EINTR) return failure();
  }
}

IoResult TcpTransport::peek() {
  char byte;
  for (;;) {
    ssize_t got = ::recv(fd(), &byte, 1, MSG_PEEK);
    if (got > 0) return IoResult::ready(1);
    if (got == 0) return IoResult::end();
    if (errno != EINTR) return failure();
  }
}

void TcpTransport::watch(int events) {
  if (fd() >= 0) io_.watch(events);
}

void TcpTransport::shutdown_write() {
  if (fd() >= 0) ::shutdown(fd(), SHUT_WR);
}

void TcpTransport::close(bool reset) {
  if (gone_ != nullptr) *std::exchange(gone_, nullptr) = true;
  if (fd() < 0) return;
  int socket = fd();
  io_.close();
  if (reset) reset_on_close(socket);
  ::close(socket);
}

Address TcpTransport::local() const { return local_address(fd()); }

void TcpTransport::on_io(void* owner, int events) {
  TcpTransport* self = static_cast<TcpTransport*>(owner);
  PC_CHECK(self->handler_ != nullptr);
  if (events & EV_READ) {
    bool gone = false;
    self->gone_ = &gone;
    self->handler_->on_readable();
    if (gone) return;
    self->gone_ = nullptr;
  }
  // What the handler gave up while reading it does not want to hear of.
  if ((events & EV_WRITE) && (self->watched() & EV_WRITE)) self->handler_->on_writable();
}

}  // namespace net
