#include "net/datagram.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>

#include <cerrno>
#include <iterator>

namespace net {

namespace {

base::Result<void> configure_unbound(int fd, const ListenOptions& options) {
  const Address& address = options.address;
  struct Setting {
    bool wanted;
    int level, name, value;
    const char* text;
  };
  bool v6 = address.family() == AF_INET6;
  bool both = v6 && !options.ipv6only;
  const Setting settings[] = {
      {true, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT"},
      {v6, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6only ? 1 : 0, "IPV6_V6ONLY"},
      {!v6 || both, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO"},
      {!v6 || both, IPPROTO_IP, IP_RECVTOS, 1, "IP_RECVTOS"},
      {!v6 || both, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, "IP_MTU_DISCOVER"},
      {v6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO"},
      {v6, IPPROTO_IPV6, IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS"},
      {v6, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE, "IPV6_MTU_DISCOVER"},
  };
  for (const Setting& setting : settings) {
    if (!setting.wanted) continue;
    int code = set_option(fd, setting.level, setting.name, setting.value);
    if (code != 0) return base::fail_errno(code, "setsockopt({}) {} failed", setting.text, address.text());
  }
  // Several datagrams in one read, where the kernel can.
  set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
  return {};
}

}  // namespace

base::Result<Fd> open_datagram_socket(const ListenOptions& options) {
  const Address& address = options.address;
  Fd fd(::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return base::fail_errno(errno, "socket() {} failed", address.text());
  base::Result<void> configured = configure_unbound(fd.get(), options);
  if (!configured) return tl::unexpected(configured.error());
  if (::bind(fd.get(), address.raw(), address.length()) != 0) {
    return base::fail_errno(errno, "bind() to {} (UDP) failed", address.text());
  }
  configured = configure_datagram_socket(fd.get(), options);
  if (!configured) return tl::unexpected(configured.error());
  return fd;
}

base::Result<void> configure_datagram_socket(int fd, const ListenOptions& options) {
  struct Setting {
    const std::optional<int>& wanted;
    int name;
    const char* text;
  };
  for (const Setting& setting :
       {Setting{options.rcvbuf, SO_RCVBUF, "SO_RCVBUF"}, Setting{options.sndbuf, SO_SNDBUF, "SO_SNDBUF"}}) {
    if (!setting.wanted) continue;
    int code = set_option(fd, SOL_SOCKET, setting.name, *setting.wanted);
    if (code != 0) {
      return base::fail_errno(code, "setsockopt({}) {} failed", setting.text, options.address.text());
    }
  }
  return {};
}

bool steer_by_connection_id(int fd, unsigned slots) {
  // The kernel numbers the sockets in the order in which they were bound. A load beyond the datagram's end
  // returns 0: the first socket.
  sock_filter program[] = {
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 0}, {BPF_JMP | BPF_JSET | BPF_K, 2, 0, 0x80},  // a long header
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 1}, {BPF_JMP | BPF_JA, 0, 0, 1},
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 6}, {BPF_ALU | BPF_MOD | BPF_K, 0, 0, slots},
      {BPF_RET | BPF_A, 0, 0, 0},
  };
  sock_fprog chosen = {static_cast<unsigned short>(std::size(program)), program};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &chosen, sizeof chosen) == 0;
}

bool is_datagram_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

}  // namespace net
