#include "process/control.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace process {

namespace {

constexpr char kReady = 'R';
/// More listeners than this are not told one by one; their queues are then lost with the socket.
constexpr size_t kMostListeners = 4096;

}  // namespace

base::Result<ControlPair> ControlPair::make() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    return base::fail_errno(errno, "socketpair() failed");
  }
  return ControlPair{net::Fd(ends[0]), net::Fd(ends[1])};
}

void say_ready(int control) { [[maybe_unused]] ssize_t sent = send(control, &kReady, 1, MSG_NOSIGNAL); }

std::optional<bool> heard_ready(int control) {
  char said = 0;
  ssize_t got = recv(control, &said, 1, MSG_DONTWAIT);
  if (got > 0) return said == kReady;
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  return std::nullopt;
}

void say_last_listeners(int control, const std::vector<uint16_t>& listeners) {
  if (listeners.empty()) return;
  size_t count = std::min(listeners.size(), kMostListeners);
  [[maybe_unused]] ssize_t sent =
      send(control, listeners.data(), count * sizeof(uint16_t), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Heard hear(int control) {
  Heard heard;
  std::array<uint16_t, kMostListeners> listeners;
  for (;;) {
    ssize_t got = recv(control, listeners.data(), sizeof listeners, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return heard;
    if (got <= 0) {
      heard.master_gone = true;
      return heard;
    }
    heard.last_listeners.assign(listeners.begin(),
                                listeners.begin() + got / static_cast<ssize_t>(sizeof(uint16_t)));
  }
}

}  // namespace process
