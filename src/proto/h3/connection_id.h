// Connection ids (RFC 9000 §5.1) that lead every packet to its worker: the kernel reads the number of the
// socket out of the first byte, a worker the generation of the process out of the second, which only those
// who know the secret can tell from chance.
#pragma once

#include <ngtcp2/ngtcp2.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace h3 {

using Bytes = std::span<const uint8_t>;

/// A connection id as a key of tables.
struct ConnectionId {
  uint8_t size = 0;
  uint8_t bytes[NGTCP2_MAX_CIDLEN] = {};

  ConnectionId() = default;
  explicit ConnectionId(Bytes from) : size(static_cast<uint8_t>(from.size())) {
    std::memcpy(bytes, from.data(), from.size());
  }
  explicit ConnectionId(const ngtcp2_cid& from) : ConnectionId(Bytes(from.data, from.datalen)) {}
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes), size}; }
  friend bool operator==(const ConnectionId& a, const ConnectionId& b) { return a.text() == b.text(); }
};

/// Clients choose some of them, so the hash has a seed.
struct ConnectionIdHash {
  uint64_t seed;
  size_t operator()(const ConnectionId& id) const;
};

class ConnectionIds {
 public:
  static constexpr size_t kSize = 18;

  /// `secret`: 16 bytes, the same in all processes. `sockets`: how many each address has, not 0.
  ConnectionIds(Bytes secret, uint32_t generation, unsigned sockets);

  /// A fresh id for packets that come through socket number `socket`.
  ngtcp2_cid make(unsigned socket) const;
  /// Of ids that were made by any process of the family; `id` has kSize bytes.
  unsigned socket_of(Bytes id) const { return id[0] % sockets_; }
  /// The generation nearest to ours whose last byte stands in it.
  uint32_t generation_of(Bytes id) const;

 private:
  uint8_t mask(Bytes id) const;

  uint64_t key_[2];
  uint32_t generation_;
  unsigned sockets_;
};

/// Bytes nobody can foretell.
void fill_random(std::span<uint8_t> into);

}  // namespace h3
