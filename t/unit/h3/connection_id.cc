#include "proto/h3/connection_id.h"

#include <criterion/criterion.h>

#include <set>
#include <string>

using h3::Bytes;
using h3::ConnectionIds;

namespace {

constexpr uint8_t kSecret[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

Bytes bytes_of(const ngtcp2_cid& id) { return {id.data, id.datalen}; }

}  // namespace

Test(connection_id, tells_its_socket_for_any_number_of_sockets) {
  for (unsigned sockets : {1u, 2u, 3u, 7u, 64u, 255u, 256u}) {
    ConnectionIds ids(kSecret, 5, sockets);
    for (unsigned socket = 0; socket < sockets; ++socket) {
      for (int i = 0; i < 4; ++i) cr_assert_eq(ids.socket_of(bytes_of(ids.make(socket))), socket);
    }
  }
}

Test(connection_id, tells_its_generation_to_those_before_and_after) {
  for (uint32_t maker : {1u, 250u, 256u, 300u}) {
    ngtcp2_cid id = ConnectionIds(kSecret, maker, 4).make(1);
    for (uint32_t reader = maker; reader < maker + 20; ++reader) {
      cr_assert_eq(ConnectionIds(kSecret, reader, 4).generation_of(bytes_of(id)), maker);
    }
    if (maker > 20) cr_assert_eq(ConnectionIds(kSecret, maker - 9, 4).generation_of(bytes_of(id)), maker);
  }
}

Test(connection_id, hides_its_generation_from_others) {
  ConnectionIds ids(kSecret, 5, 1);
  std::set<uint8_t> seen;
  for (int i = 0; i < 64; ++i) seen.insert(ids.make(0).data[1]);
  cr_assert_gt(seen.size(), 16u);
}
