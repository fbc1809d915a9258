#include "proto/h3/connection_id.h"

#include <gnutls/crypto.h>

#include "base/check.h"
#include "base/hash.h"

namespace h3 {

size_t ConnectionIdHash::operator()(const ConnectionId& id) const { return base::hash64(id.text(), seed); }

void fill_random(std::span<uint8_t> into) {
  PC_CHECK(gnutls_rnd(GNUTLS_RND_RANDOM, into.data(), into.size()) == 0);
}

ConnectionIds::ConnectionIds(Bytes secret, uint32_t generation, unsigned sockets)
    : generation_(generation), sockets_(sockets) {
  PC_CHECK(secret.size() == sizeof key_ && sockets > 0);
  std::memcpy(key_, secret.data(), sizeof key_);
}

uint8_t ConnectionIds::mask(Bytes id) const {
  char mixed[kSize - 2 + sizeof key_[1]];
  std::memcpy(mixed, id.data() + 2, kSize - 2);
  std::memcpy(mixed + kSize - 2, &key_[1], sizeof key_[1]);
  return static_cast<uint8_t>(base::hash64({mixed, sizeof mixed}, key_[0]));
}

ngtcp2_cid ConnectionIds::make(unsigned socket) const {
  ngtcp2_cid id;
  id.datalen = kSize;
  fill_random({id.data, kSize});
  unsigned multiples = (256 - socket + sockets_ - 1) / sockets_;
  id.data[0] = static_cast<uint8_t>(socket + sockets_ * (id.data[0] % multiples));
  id.data[1] = static_cast<uint8_t>(generation_ ^ mask({id.data, kSize}));
  return id;
}

uint32_t ConnectionIds::generation_of(Bytes id) const {
  auto last = static_cast<uint8_t>(id[1] ^ mask(id));
  auto distance = static_cast<int8_t>(last - static_cast<uint8_t>(generation_));
  return generation_ + static_cast<uint32_t>(static_cast<int32_t>(distance));
}

}  // namespace h3
