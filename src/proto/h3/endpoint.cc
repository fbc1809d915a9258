#include "proto/h3/endpoint.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/socket.h"

namespace h3 {

namespace {

struct Control {
  alignas(cmsghdr) char bytes[256];
};

template <class T>
void add_control(msghdr& message, int level, int type, const T& value) {
  auto* entry = reinterpret_cast<cmsghdr*>(static_cast<char*>(message.msg_control) + message.msg_controllen);
  entry->cmsg_level = level;
  entry->cmsg_type = type;
  entry->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(entry), &value, sizeof value);
  message.msg_controllen += CMSG_SPACE(sizeof value);
}

/// What the kernel tells beside the bytes.
struct Beside {
  sockaddr_storage local;
  socklen_t local_size;
  uint8_t ecn = 0;
  size_t segment = 0;  // 0: one datagram
};

template <class T>
T read_control(const cmsghdr* entry) {
  T value;
  std::memcpy(&value, CMSG_DATA(entry), sizeof value);
  return value;
}

void read_beside(msghdr& message, Beside& beside) {
  for (cmsghdr* entry = CMSG_FIRSTHDR(&message); entry != nullptr; entry = CMSG_NXTHDR(&message, entry)) {
    int level = entry->cmsg_level;
    int type = entry->cmsg_type;
    if (level == IPPROTO_IP && type == IP_PKTINFO && beside.local.ss_family == AF_INET) {
      reinterpret_cast<sockaddr_in&>(beside.local).sin_addr = read_control<in_pktinfo>(entry).ipi_addr;
    } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
      reinterpret_cast<sockaddr_in6&>(beside.local).sin6_addr = read_control<in6_pktinfo>(entry).ipi6_addr;
    } else if (level == IPPROTO_IP && type == IP_TOS) {
      beside.ecn = read_control<uint8_t>(entry) & 3;
    } else if (level == IPPROTO_IPV6 && type == IPV6_TCLASS) {
      beside.ecn = static_cast<uint8_t>(read_control<int>(entry) & 3);
    } else if (level == SOL_UDP && type == UDP_GRO) {
      beside.segment = static_cast<size_t>(read_control<int>(entry));
    }
  }
}

void say_source(msghdr& message, const ngtcp2_addr& local) {
  if (local.addr->sa_family == AF_INET) {
    in_pktinfo info{};
    info.ipi_spec_dst = reinterpret_cast<const sockaddr_in*>(local.addr)->sin_addr;
    add_control(message, IPPROTO_IP, IP_PKTINFO, info);
  } else if (local.addr->sa_family == AF_INET6) {
    in6_pktinfo info{};
    info.ipi6_addr = reinterpret_cast<const sockaddr_in6*>(local.addr)->sin6_addr;
    add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

void say_ecn(msghdr& message, const ngtcp2_addr& remote, uint8_t ecn) {
  if (ecn == 0) return;
  bool mapped = remote.addr->sa_family == AF_INET6 &&
                IN6_IS_ADDR_V4MAPPED(&reinterpret_cast<const sockaddr_in6*>(remote.addr)->sin6_addr);
  int value = ecn;
  if (remote.addr->sa_family == AF_INET6 && !mapped) {
    add_control(message, IPPROTO_IPV6, IPV6_TCLASS, value);
  } else {
    add_control(message, IPPROTO_IP, IP_TOS, value);
  }
}

}  // namespace

Endpoint::Endpoint(event::Loop& loop, DatagramHandler& handler, uint32_t listener,
                   const net::Address& address, const proto::QuicOptions& options, int fd, unsigned number)
    : handler_(handler),
      fd_(::fcntl(fd, F_DUPFD_CLOEXEC, 0)),
      io_(loop, on_io, this),
      address_(address.port() != 0 ? address : net::local_address(fd)),
      options_(options),
      listener_(listener),
      number_(number),
      segments_(options.segments) {
  io_.open(fd_.get());
}

void Endpoint::watch_reading(bool reading) {
  reading_ = reading;
  watch();
}

void Endpoint::watch() { io_.watch((reading_ ? EV_READ : 0) | (waiting_.empty() ? 0 : EV_WRITE)); }

void Endpoint::await(Writer& writer) {
  waiting_.push_back(writer);
  watch();
}

void Endpoint::on_io(void* owner, int events) {
  auto& self = *static_cast<Endpoint*>(owner);
  if (events & EV_WRITE) {
    base::List<Writer, Writer> told;
    told.splice_back(self.waiting_);
    while (Writer* writer = told.pop_front()) writer->on_writable();
    self.watch();
  }
  if (!(events & EV_READ)) return;
  for (int i = 0; i < kReadsInATurn && self.reading_; ++i) {
    if (!self.receive()) return;
  }
}

// False: nothing more has come.
bool Endpoint::receive() {
  uint8_t* input = handler_.input();
  sockaddr_storage remote;
  Control control;
  iovec piece = {input, DatagramHandler::kInput};
  msghdr message{};
  message.msg_name = &remote;
  message.msg_namelen = sizeof remote;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t size = ::recvmsg(io_.fd(), &message, 0);
  if (size < 0) return errno == EINTR;
  Beside beside;
  beside.local_size = address_.length();
  std::memcpy(&beside.local, address_.raw(), beside.local_size);
  read_beside(message, beside);
  Datagram datagram{};
  datagram.path = {{reinterpret_cast<sockaddr*>(&beside.local), beside.local_size},
                   {reinterpret_cast<sockaddr*>(&remote), message.msg_namelen},
                   nullptr};
  datagram.info.ecn = beside.ecn;
  Bytes all(input, static_cast<size_t>(size));
  size_t each = beside.segment == 0 ? all.size() : beside.segment;
  while (!all.empty()) {
    datagram.bytes = all.first(std::min(each, all.size()));
    all = all.subspan(datagram.bytes.size());
    handler_.on_datagram(*this, datagram);
  }
  return true;
}

Endpoint::Sent Endpoint::send(const ngtcp2_path& path, uint8_t ecn, Bytes bytes, size_t segment) {
  if (segments_ || bytes.size() <= segment) {
    Sent sent = send_once(path, ecn, bytes, segment);
    if (segments_ || bytes.size() <= segment) return sent;
  }
  // Without help of the kernel: what a full socket does not take of a train that has begun counts as lost.
  for (bool first = true; !bytes.empty(); first = false) {
    Bytes one = bytes.first(std::min(segment, bytes.size()));
    Sent sent = send_once(path, ecn, one, one.size());
    if (sent == Sent::blocked) return first ? Sent::blocked : Sent::all;
    bytes = bytes.subspan(one.size());
  }
  return Sent::all;
}

Endpoint::Sent Endpoint::send_once(const ngtcp2_path& path, uint8_t ecn, Bytes bytes, size_t segment) {
  Control control{};
  iovec piece = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_name = path.remote.addr;
  message.msg_namelen = path.remote.addrlen;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  say_source(message, path.local);
  say_ecn(message, path.remote, ecn);
  if (bytes.size() > segment) add_control(message, SOL_UDP, UDP_SEGMENT, static_cast<uint16_t>(segment));
  ssize_t sent;
  do {
    sent = ::sendmsg(io_.fd(), &message, 0);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return Sent::all;
  if (errno == EAGAIN || errno == EWOULDBLOCK) return Sent::blocked;
  if (bytes.size() > segment && (errno == EIO || errno == EINVAL)) segments_ = false;
  return Sent::all;
}

}  // namespace h3
