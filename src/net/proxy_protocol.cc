#include "net/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/text.h"

// "The PROXY protocol, versions 1 & 2" (haproxy.org, 2020/03/05) is the specification; sections are named.

namespace net {
namespace {

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kWordV1 = "PROXY ";
constexpr size_t kFixedV2 = 16;

// §2.2
constexpr uint8_t kVersion2 = 2;
constexpr uint8_t kLocal = 0, kProxy = 1;
constexpr uint8_t kInet = 1, kInet6 = 2, kUnix = 3;
constexpr size_t kInetSize = 12, kInet6Size = 36, kUnixSize = 216;

// §2.2.1 to §2.2.7
constexpr uint8_t kCrc32c = 0x03;
constexpr uint8_t kSsl = 0x20;
constexpr size_t kTlvHead = 3;
constexpr size_t kSslHead = 5;  // what the client has, and the word `verify`

uint8_t byte_at(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }
uint16_t word_at(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}
uint32_t long_at(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(word_at(bytes, at)) << 16 | word_at(bytes, at + 2);
}

// One TLV from the beginning of `rest`; false when it is not whole.
bool take_tlv(std::string_view& rest, uint8_t& type, std::string_view& value) {
  if (rest.size() < kTlvHead) return false;
  size_t size = word_at(rest, 1);
  if (rest.size() - kTlvHead < size) return false;
  type = byte_at(rest, 0);
  value = rest.substr(kTlvHead, size);
  rest.remove_prefix(kTlvHead + size);
  return true;
}

std::optional<std::string_view> find_tlv(std::string_view rest, uint8_t wanted) {
  uint8_t type = 0;
  std::string_view value;
  while (take_tlv(rest, type, value)) {
    if (type == wanted) return value;
  }
  return std::nullopt;
}

// Castagnoli's polynomial, reflected (RFC 9260 appendix A). A header is short: bit by bit is fast enough.
class Crc32c {
 public:
  void add(std::string_view bytes) {
    for (char c : bytes) {
      sum_ ^= static_cast<uint8_t>(c);
      for (int bit = 0; bit < 8; ++bit) sum_ = sum_ >> 1 ^ (sum_ & 1 ? 0x82f63b78u : 0);
    }
  }
  uint32_t value() const { return ~sum_; }

 private:
  uint32_t sum_ = UINT32_MAX;
};

// §2.2.3: a checksum that is there is checked, over the header with zeros in its place.
bool is_sum_right(std::string_view whole, std::string_view tlvs) {
  std::optional<std::string_view> sum = find_tlv(tlvs, kCrc32c);
  if (!sum) return true;
  if (sum->size() != 4) return false;
  size_t at = static_cast<size_t>(sum->data() - whole.data());
  Crc32c crc;
  crc.add(whole.substr(0, at));
  crc.add(std::string_view("\0\0\0\0", 4));
  crc.add(whole.substr(at + 4));
  return crc.value() == long_at(*sum, 0);
}

bool are_whole(std::string_view tlvs) {
  uint8_t type = 0;
  std::string_view value;
  while (!tlvs.empty()) {
    if (!take_tlv(tlvs, type, value)) return false;
  }
  return true;
}

// A word of version 1 up to the next space; false when there is none.
bool take_word(std::string_view& line, std::string_view& word) {
  size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  word = line.substr(0, space);
  line.remove_prefix(space + 1);
  return true;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  if (text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::optional<uint64_t> port = base::parse_uint(text);
  if (!port || *port > UINT16_MAX) return std::nullopt;
  return static_cast<uint16_t>(*port);
}

// §2.1: "TCP4 192.0.2.1 192.0.2.2 5000 80", without what stands before and behind.
base::Result<void> parse_line(std::string_view line, ProxyHeader& header) {
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return {};
  std::string_view protocol, source, destination, source_port;
  if (!take_word(line, protocol) || !take_word(line, source) || !take_word(line, destination) ||
      !take_word(line, source_port)) {
    return base::fail("a word is missing");
  }
  int family = protocol == "TCP4" ? AF_INET : protocol == "TCP6" ? AF_INET6 : AF_UNSPEC;
  if (family == AF_UNSPEC) return base::fail("its protocol is none of TCP4, TCP6 and UNKNOWN");
  std::optional<uint16_t> from_port = parse_port(source_port);
  std::optional<uint16_t> to_port = parse_port(line);
  if (!from_port || !to_port) return base::fail("a port is invalid");
  std::optional<Address> from = Address::from_ip(source, *from_port);
  std::optional<Address> to = Address::from_ip(destination, *to_port);
  if (!from || !to || from->family() != family || to->family() != family)
    return base::fail("an address is invalid");
  header.source = *from;
  header.destination = *to;
  return {};
}

base::Result<size_t> parse_v1(std::string_view bytes, ProxyHeader& header) {
  size_t end = bytes.substr(0, ProxyHeader::kLongestV1).find('\n');
  if (end == std::string_view::npos) {
    if (bytes.size() < ProxyHeader::kLongestV1) return 0;
    return base::fail("its line does not end");
  }
  if (bytes[end - 1] != '\r') return base::fail("its line does not end with CRLF");
  std::string_view line = bytes.substr(kWordV1.size(), end - 1 - kWordV1.size());
  base::Result<void> parsed = parse_line(line, header);
  if (!parsed) return tl::unexpected(parsed.error());
  return end + 1;
}

Address inet_at(std::string_view bytes, size_t address, size_t port) {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  std::memcpy(&v4.sin_addr, bytes.data() + address, sizeof v4.sin_addr);
  std::memcpy(&v4.sin_port, bytes.data() + port, sizeof v4.sin_port);
  return Address(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
}

Address inet6_at(std::string_view bytes, size_t address, size_t port) {
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, bytes.data() + address, sizeof v6.sin6_addr);
  std::memcpy(&v6.sin6_port, bytes.data() + port, sizeof v6.sin6_port);
  return Address(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

Address unix_at(std::string_view bytes, size_t at) {
  sockaddr_un place = {};
  place.sun_family = AF_UNIX;
  std::memcpy(place.sun_path, bytes.data() + at, sizeof place.sun_path);
  return Address(reinterpret_cast<const sockaddr*>(&place), sizeof place);
}

// §2.2: the addresses at the beginning of what follows the 16 bytes; returns how long they are.
base::Result<size_t> parse_addresses(uint8_t family, std::string_view rest, ProxyHeader& header) {
  size_t size = family == kInet ? kInetSize : family == kInet6 ? kInet6Size : family == kUnix ? kUnixSize : 0;
  if (rest.size() < size) return base::fail("its addresses are cut short");
  switch (family) {
    case kInet:
      header.source = inet_at(rest, 0, 8);
      header.destination = inet_at(rest, 4, 10);
      break;
    case kInet6:
      header.source = inet6_at(rest, 0, 32);
      header.destination = inet6_at(rest, 16, 34);
      break;
    case kUnix:
      header.source = unix_at(rest, 0);
      header.destination = unix_at(rest, 108);
      break;
    default: break;
  }
  return size;
}

base::Result<size_t> parse_v2(std::string_view bytes, ProxyHeader& header) {
  if (bytes.size() < kFixedV2) return 0;
  if (byte_at(bytes, 12) >> 4 != kVersion2) return base::fail("its version is unknown");
  uint8_t command = byte_at(bytes, 12) & 0xf;
  if (command != kLocal && command != kProxy) return base::fail("its command is unknown");
  size_t size = kFixedV2 + word_at(bytes, 14);
  if (size > ProxyHeader::kLongestV2)
    return base::fail("it is longer than {} bytes", ProxyHeader::kLongestV2);
  if (bytes.size() < size) return 0;
  uint8_t family = byte_at(bytes, 13) >> 4;
  // What a LOCAL connection says of addresses is not to be looked at, nor what stands behind those of a
  // family that nobody knows the size of.
  if (command == kLocal || family == 0 || family > kUnix) return size;
  std::string_view rest = bytes.substr(kFixedV2, size - kFixedV2);
  base::Result<size_t> addresses = parse_addresses(family, rest, header);
  if (!addresses) return tl::unexpected(addresses.error());
  rest.remove_prefix(*addresses);
  if (!are_whole(rest)) return base::fail("a TLV is cut short");
  if (!is_sum_right(bytes.substr(0, size), rest)) return base::fail("its checksum is wrong");
  header.tlvs = std::string(rest);
  return size;
}

void append_v2_ip(const Address& source, const Address& destination, std::string& header) {
  std::string addresses;
  for (const Address* address : {&source, &destination}) addresses += address->ip_bytes();
  for (const Address* address : {&source, &destination}) {
    addresses += static_cast<char>(address->port() >> 8);
    addresses += static_cast<char>(address->port() & 0xff);
  }
  bool v6 = source.family() == AF_INET6;
  header += "\x21";
  header += v6 ? '\x21' : '\x11';
  header += '\0';
  header += static_cast<char>(addresses.size());
  header += addresses;
}

std::string write_v2(const Address& source, const Address& destination) {
  std::string header(kSignature);
  if (source.family() != destination.family() || !source.known()) {
    header += std::string_view("\x20\0\0\0", 4);
  } else if (source.is_unix()) {
    header += std::string_view("\x21\x31\0\xd8", 4);
    for (const Address* address : {&source, &destination}) {
      std::string path(address->path());
      path.resize(kUnixSize / 2);
      header += path;
    }
  } else {
    append_v2_ip(source, destination, header);
  }
  return header;
}

/// A socket that is read up to the end of its header.
class Reading {
 public:
  using Outcome = base::Result<std::shared_ptr<const ProxyHeader>>;

  Reading(event::Loop& loop, int fd, base::Duration timeout)
      : answer_(loop.ready()), io_(loop, on_io, this), timer_(loop, on_timeout, this) {
    io_.open(fd);
    timer_.start(timeout);
    read();
  }
  event::Answer<int>& answer() { return answer_; }
  Outcome outcome(int code) {
    if (code == 0) return std::shared_ptr<const ProxyHeader>(std::move(header_));
    if (code == EPROTO) return tl::unexpected(base::Error{why_, code});
    return tl::unexpected(base::Error{std::strerror(code), code});
  }

 private:
  static void on_io(void* owner, int) { static_cast<Reading*>(owner)->read(); }
  static void on_timeout(void* owner) { static_cast<Reading*>(owner)->end(ETIMEDOUT); }
  void end(int code) {
    io_.watch(0);
    answer_.give(code);
  }
  void read() {
    int code = EINTR;
    while (code == EINTR) code = take();
    if (code == EAGAIN || code == EWOULDBLOCK) return io_.watch(EV_READ);
    end(code);
  }
  int take();

  event::Answer<int> answer_;
  event::Io io_;
  event::Timer timer_;
  std::array<char, ProxyHeader::kLongestV2> bytes_;
  size_t size_ = 0;  // taken so far
  std::shared_ptr<ProxyHeader> header_ = std::make_shared<ProxyHeader>();
  std::string why_;
};

// Looks at what is there, then takes what belongs to the header. 0: it is whole; otherwise an errno.
int Reading::take() {
  int fd = io_.fd();
  ssize_t seen = ::recv(fd, bytes_.data() + size_, bytes_.size() - size_, MSG_PEEK);
  if (seen < 0) return errno;
  if (seen == 0) return ECONNRESET;
  base::Result<size_t> whole =
      parse_proxy_header({bytes_.data(), size_ + static_cast<size_t>(seen)}, *header_);
  if (!whole) {
    why_ = whole.error().message;
    return EPROTO;
  }
  // Of a header that is not whole all that is there belongs to it.
  size_t wanted = *whole == 0 ? static_cast<size_t>(seen) : *whole - size_;
  ssize_t taken = ::recv(fd, bytes_.data() + size_, wanted, 0);
  if (taken < 0) return errno;
  size_ += static_cast<size_t>(taken);
  if (*whole == 0) return EINTR;  // there may be more
  return static_cast<size_t>(taken) == wanted ? 0 : EINTR;
}

}  // namespace

std::optional<std::string_view> ProxyHeader::tlv(uint8_t type) const { return find_tlv(tlvs, type); }

std::optional<std::string_view> ProxyHeader::ssl_tlv(uint8_t type) const {
  std::optional<std::string_view> ssl = tlv(kSsl);
  if (!ssl || ssl->size() < kSslHead) return std::nullopt;
  return find_tlv(ssl->substr(kSslHead), type);
}

std::optional<uint32_t> ProxyHeader::ssl_verify() const {
  std::optional<std::string_view> ssl = tlv(kSsl);
  if (!ssl || ssl->size() < kSslHead) return std::nullopt;
  return long_at(*ssl, 1);
}

base::Result<size_t> parse_proxy_header(std::string_view bytes, ProxyHeader& header) {
  auto begins_with = [&](std::string_view word) {
    size_t size = std::min(bytes.size(), word.size());
    return bytes.substr(0, size) == word.substr(0, size);
  };
  if (begins_with(kSignature)) return parse_v2(bytes, header);
  if (begins_with(kWordV1)) return bytes.size() < kWordV1.size() ? 0 : parse_v1(bytes, header);
  return base::fail("it does not begin as one");
}

std::string write_proxy_header(int version, const Address& source, const Address& destination) {
  if (version == kVersion2) return write_v2(source, destination);
  bool same = source.family() == destination.family() && source.known() && !source.is_unix();
  if (!same) return "PROXY UNKNOWN\r\n";
  return fmt::format("PROXY {} {} {} {} {}\r\n", source.family() == AF_INET6 ? "TCP6" : "TCP4",
                     source.ip_text(), destination.ip_text(), source.port(), destination.port());
}

event::Task<base::Result<std::shared_ptr<const ProxyHeader>>> read_proxy_header(event::Loop& loop, int fd,
                                                                                base::Duration timeout,
                                                                                event::CancelScope* scope) {
  auto reading = std::make_unique<Reading>(loop, fd, timeout);
  event::Answer<int>& answer = reading->answer();
  std::optional<event::Canceling<int>> canceling;
  if (scope != nullptr) canceling.emplace(*scope, answer, ECANCELED);
  int code = co_await answer;
  co_return reading->outcome(code);
}

}  // namespace net
