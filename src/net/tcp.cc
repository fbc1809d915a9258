#include "net/tcp.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/check.h"
#include "net/socket.h"

namespace net {

namespace {

// More than this at once and the call would overflow its result.
constexpr size_t kMostAtOnce = size_t{1} << 30;

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
    ssize_t got = ::recv(fd(), into, size, 0);
    if (got > 0) return IoResult::ready(static_cast<size_t>(got));
    if (got == 0) return IoResult::end();
    if (errno != EINTR) return failure();
  }
}

IoResult TcpTransport::write(const iovec* pieces, int count) {
  for (;;) {
    ssize_t sent;
    if (count == 1) {
      sent = ::send(fd(), pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message = {};
      message.msg_iov = const_cast<iovec*>(pieces);
      message.msg_iovlen = static_cast<size_t>(count);
      sent = ::sendmsg(fd(), &message, MSG_NOSIGNAL);
    }
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
