#include "net/client_hello.h"

#include <cstdint>

namespace net {
namespace {

using Kind = ClientHello::Kind;

// RFC 8446 §5.1, §4
constexpr uint8_t kHandshakeRecord = 22;
constexpr size_t kRecordHead = 5;
constexpr size_t kLargestRecord = 1u << 14;
constexpr uint8_t kClientHello = 1;
constexpr size_t kMessageHead = 4;
// RFC 8446 §4.2
constexpr uint16_t kServerName = 0, kAlpn = 16, kSupportedVersions = 43;

/// Takes numbers and vectors from the front; once something was missing it gives nothing more.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool sound() const { return sound_; }
  bool empty() const { return rest_.empty(); }
  std::string_view take(size_t size) {
    if (size > rest_.size()) {
      sound_ = false;
      rest_ = {};
      return {};
    }
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  uint32_t number(size_t size) {
    uint32_t value = 0;
    for (char c : take(size)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  /// What a length of that many bytes stands before.
  std::string_view vector(size_t length_size) { return take(number(length_size)); }

 private:
  std::string_view rest_;
  bool sound_ = true;
};

std::string_view version_name(uint32_t version) {
  switch (version) {
    case 0x0300: return "SSLv3";
    case 0x0301: return "TLSv1";
    case 0x0302: return "TLSv1.1";
    case 0x0303: return "TLSv1.2";
    case 0x0304: return "TLSv1.3";
    default: return {};
  }
}

// RFC 6066 §3
bool read_server_name(std::string_view extension, std::string& name) {
  Reader outer(extension);
  Reader list(outer.vector(2));
  while (!list.empty()) {
    uint32_t type = list.number(1);
    std::string_view text = list.vector(2);
    if (type == 0 && name.empty()) name = text;
  }
  return outer.sound() && outer.empty() && list.sound();
}

// RFC 7301 §3.1
bool read_alpn(std::string_view extension, std::string& protocols) {
  Reader outer(extension);
  Reader list(outer.vector(2));
  while (!list.empty()) {
    std::string_view protocol = list.vector(1);
    if (protocol.empty()) return false;
    if (!protocols.empty()) protocols += ',';
    protocols += protocol;
  }
  return outer.sound() && outer.empty() && list.sound();
}

// RFC 8446 §4.2.1: it says what legacy_version does not; values of RFC 8701 are passed over.
bool read_versions(std::string_view extension, uint32_t& highest) {
  Reader outer(extension);
  Reader list(outer.vector(1));
  highest = 0;
  while (!list.empty()) {
    uint32_t version = list.number(2);
    if (!version_name(version).empty() && version > highest) highest = version;
  }
  return outer.sound() && outer.empty() && list.sound();
}

bool read_extensions(Reader& all, ClientHello& hello, uint32_t& version) {
  while (!all.empty()) {
    uint32_t type = all.number(2);
    std::string_view extension = all.vector(2);
    if (!all.sound()) return false;
    bool read = type == kServerName          ? read_server_name(extension, hello.server_name)
                : type == kAlpn              ? read_alpn(extension, hello.alpn_protocols)
                : type == kSupportedVersions ? read_versions(extension, version)
                                             : true;
    if (!read) return false;
  }
  return all.sound();
}

bool read_message(std::string_view message, ClientHello& hello) {
  constexpr size_t kRandom = 32, kLongestSessionId = 32;
  Reader reader(message);
  uint32_t version = reader.number(2);
  reader.take(kRandom);
  if (reader.vector(1).size() > kLongestSessionId) return false;
  reader.vector(2);  // cipher_suites
  reader.vector(1);  // legacy_compression_methods
  if (!reader.sound()) return false;
  if (!reader.empty()) {
    Reader extensions(reader.vector(2));
    if (!reader.sound() || !reader.empty() || !read_extensions(extensions, hello, version)) return false;
  }
  hello.protocol = version_name(version);
  return true;
}

// Appends what the records hold of the handshake, as far as they are there.
Kind join_records(std::string_view bytes, std::string& handshake) {
  while (!bytes.empty()) {
    if (static_cast<uint8_t>(bytes[0]) != kHandshakeRecord) return Kind::other;
    if (bytes.size() > 1 && bytes[1] != 3) return Kind::other;
    if (bytes.size() < kRecordHead) return Kind::partial;
    Reader head(bytes.substr(3, 2));
    size_t size = head.number(2);
    if (size == 0 || size > kLargestRecord) return Kind::other;
    bytes.remove_prefix(kRecordHead);
    handshake += bytes.substr(0, size);
    if (static_cast<uint8_t>(handshake.empty() ? kClientHello : handshake[0]) != kClientHello)
      return Kind::other;
    bool has_all = handshake.size() >= kMessageHead &&
                   handshake.size() - kMessageHead >= Reader(std::string_view(handshake).substr(1)).number(3);
    if (has_all) return Kind::whole;
    if (bytes.size() < size) return Kind::partial;
    bytes.remove_prefix(size);
  }
  return Kind::partial;
}

}  // namespace

Kind ClientHello::parse(std::string_view bytes) {
  std::string handshake;
  Kind kind = join_records(bytes, handshake);
  if (kind != Kind::whole) return kind;
  size_t size = Reader(std::string_view(handshake).substr(1)).number(3);
  if (read_message(std::string_view(handshake).substr(kMessageHead, size), *this)) return Kind::whole;
  *this = {};
  return Kind::other;
}

}  // namespace net
