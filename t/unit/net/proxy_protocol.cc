#include "net/proxy_protocol.h"

#include <criterion/criterion.h>
#include <sys/socket.h>

#include <string>

namespace {

using net::Address;
using net::ProxyHeader;

Address ip(std::string_view text, uint16_t port) { return *Address::from_ip(text, port); }

/// 0: not whole; -1: no header.
long size_of(std::string_view bytes) {
  ProxyHeader header;
  base::Result<size_t> size = net::parse_proxy_header(bytes, header);
  return size ? static_cast<long>(*size) : -1;
}

event::Task<void> take_header(event::Loop& loop, int fd, std::string& source) {
  base::Result<std::shared_ptr<const ProxyHeader>> header =
      co_await net::read_proxy_header(loop, fd, base::seconds(10), nullptr);
  source = header ? (*header)->source.text() : header.error().message;
}

}  // namespace

Test(proxy_header, what_is_written_is_read) {
  Address from4 = ip("192.0.2.1", 5000), to4 = ip("192.0.2.2", 80);
  Address from6 = ip("2001:db8::1", 5000), to6 = ip("2001:db8::2", 80);
  Address from_path = *Address::from_path("/run/a"), to_path = *Address::from_path("/run/b");
  for (int version : {1, 2}) {
    for (auto [from, to] : {std::pair(from4, to4), std::pair(from6, to6), std::pair(from_path, to_path)}) {
      std::string text = net::write_proxy_header(version, from, to);
      ProxyHeader header;
      base::Result<size_t> size = net::parse_proxy_header(text + "rest", header);
      cr_assert(size && *size == text.size());
      bool told = version == 2 || !from.is_unix();
      cr_assert_eq(header.source.known(), told);
      cr_assert(!told || (header.source == from && header.destination == to));
    }
  }
}

Test(proxy_header, different_families_are_told_as_unknown) {
  Address from = ip("192.0.2.1", 1), to = ip("::1", 2);
  cr_assert_eq(net::write_proxy_header(1, from, to), "PROXY UNKNOWN\r\n");
  std::string local = net::write_proxy_header(2, from, to);
  ProxyHeader header;
  cr_assert_eq(*net::parse_proxy_header(local, header), 16u);
  cr_assert_not(header.source.known());
}

Test(proxy_header, every_beginning_of_a_header_is_not_whole) {
  for (int version : {1, 2}) {
    std::string text = net::write_proxy_header(version, ip("192.0.2.1", 5000), ip("192.0.2.2", 80));
    for (size_t size = 0; size < text.size(); ++size) cr_assert_eq(size_of(text.substr(0, size)), 0);
    cr_assert_eq(size_of(text), static_cast<long>(text.size()));
  }
}

Test(proxy_header, a_line_has_at_most_107_bytes) {
  std::string longest = "PROXY UNKNOWN ";
  longest.append(105 - longest.size(), 'x');
  cr_assert_eq(size_of(longest + "\r\n"), 107);
  cr_assert_eq(size_of(longest + "x\r\n"), -1);
}

Test(proxy_header, a_checksum_is_checked) {
  std::string text = net::write_proxy_header(2, ip("192.0.2.1", 5000), ip("192.0.2.2", 80));
  text[15] = static_cast<char>(text[15] + 7);
  std::string head = text + std::string("\x03\0\4", 3);
  // By hand: CRC-32C over the header with zeros in the checksum's place.
  uint32_t sum = UINT32_MAX;
  for (char c : head + std::string(4, '\0')) {
    sum ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) sum = (sum >> 1) ^ (0x82f63b78u & (0u - (sum & 1)));
  }
  sum = ~sum;
  for (int shift : {24, 16, 8, 0}) head += static_cast<char>(sum >> shift);
  cr_assert_eq(size_of(head), static_cast<long>(head.size()));
  head.back() = static_cast<char>(head.back() ^ 1);
  cr_assert_eq(size_of(head), -1);
}

Test(proxy_header, nothing_behind_it_is_taken) {
  event::Loop loop;
  int ends[2];
  cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  std::string source;
  event::spawn(take_header(loop, ends[0], source));
  std::string text = net::write_proxy_header(1, ip("192.0.2.1", 5000), ip("192.0.2.2", 80));
  for (char c : text.substr(0, text.size() - 1)) {
    cr_assert_eq(send(ends[1], &c, 1, 0), 1);
    loop.run_once(true);
    cr_assert(source.empty());
  }
  cr_assert_eq(send(ends[1], "\nhello", 6, 0), 6);
  while (source.empty()) loop.run_once(true);
  cr_assert_eq(source, "192.0.2.1:5000");
  char rest[16];
  cr_assert_eq(recv(ends[0], rest, sizeof rest, 0), 5);
  close(ends[0]);
  close(ends[1]);
}
