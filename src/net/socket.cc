#include "net/socket.h"

#include <netinet/tcp.h>

namespace net {

namespace {

template <class Call>
Address address_of(int fd, Call call) {
  sockaddr_storage storage = {};
  socklen_t length = sizeof storage;
  if (call(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return Address(reinterpret_cast<const sockaddr*>(&storage), length);
}

}  // namespace

Address local_address(int fd) { return address_of(fd, ::getsockname); }

Address peer_address(int fd) { return address_of(fd, ::getpeername); }

int pending_error(int fd) {
  int code = 0;
  socklen_t length = sizeof code;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) != 0) return errno;
  return code;
}

int set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : errno;
}

int set_keepalive(int fd, const KeepAlive& keepalive) {
  int code = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, keepalive.on ? 1 : 0);
  if (code != 0 || !keepalive.on) return code;
  if (keepalive.idle_seconds > 0) code = set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive.idle_seconds);
  if (code == 0 && keepalive.interval_seconds > 0) {
    code = set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive.interval_seconds);
  }
  if (code == 0 && keepalive.probes > 0) code = set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, keepalive.probes);
  return code;
}

int set_nodelay(int fd, bool on) {
  int code = set_option(fd, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
  return code == EOPNOTSUPP || code == ENOPROTOOPT ? 0 : code;
}

int set_nopush(int fd, bool on) {
  int code = set_option(fd, IPPROTO_TCP, TCP_CORK, on ? 1 : 0);
  return code == EOPNOTSUPP || code == ENOPROTOOPT ? 0 : code;
}

void reset_on_close(int fd) {
  linger now = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace net
