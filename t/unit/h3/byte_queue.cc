#include "proto/h3/byte_queue.h"

#include <criterion/criterion.h>

#include <string>

using h3::Block;
using h3::BlockPool;
using h3::ByteQueue;

namespace {

std::string content_of(const ByteQueue& queue) {
  iovec pieces[64];
  std::string text;
  int count = queue.name(pieces);
  for (int i = 0; i < count; ++i) text.append(static_cast<char*>(pieces[i].iov_base), pieces[i].iov_len);
  return text;
}

}  // namespace

Test(byte_queue, gives_what_was_appended_in_order) {
  BlockPool pool;
  ByteQueue queue(pool);
  std::string all;
  for (int i = 0; i < 3000; ++i) {
    std::string part = std::to_string(i) + ",";
    queue.append(part);
    all += part;
  }
  cr_assert_eq(queue.size(), all.size());
  cr_assert(content_of(queue) == all);
  for (size_t drop : {size_t{1}, Block::kSize - 1, Block::kSize, size_t{17}}) {
    queue.drop(drop);
    all.erase(0, drop);
    cr_assert(content_of(queue) == all);
  }
  queue.clear();
  cr_assert(queue.empty());
}

Test(byte_queue, bytes_stay_where_they_are_until_they_are_dropped) {
  BlockPool pool;
  ByteQueue queue(pool);
  std::string_view place = queue.append_piece("first");
  queue.append(std::string(3 * Block::kSize, 'x'));
  queue.drop(2);
  cr_assert(place.substr(2) == "rst");
  cr_assert(content_of(queue).starts_with("rst"));
}
