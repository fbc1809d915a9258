#include "proto/h1/postponed_body.h"

#include <criterion/criterion.h>

#include <deque>

namespace {

// Gives one piece at a time; an empty piece is a wait.
struct Pieces final : http::Body {
  explicit Pieces(std::deque<std::string> all) : left(std::move(all)) {}
  http::Peek peek(std::span<iovec> pieces) override {
    if (left.empty()) return {http::Readiness::end, 0, true};
    if (left[0].empty()) {
      left.pop_front();
      return {http::Readiness::wait, 0, false};
    }
    pieces[0] = {left[0].data(), left[0].size()};
    return {http::Readiness::ready, 1, left.size() == 1};
  }
  void consume(size_t bytes) override {
    left[0].erase(0, bytes);
    if (left[0].empty()) left.pop_front();
  }
  std::deque<std::string> left;
};

// What each peek names, "." for a wait; every time `bite` bytes are taken of it.
std::string read(std::deque<std::string> pieces, uint32_t least, size_t bite = 1000) {
  h1::PostponedBody body(std::make_unique<Pieces>(std::move(pieces)), least);
  std::string out;
  iovec named[8];
  while (true) {
    http::Peek seen = body.peek(named);
    if (seen.state == http::Readiness::end) return out;
    if (seen.state == http::Readiness::wait) {
      out += '.';
      continue;
    }
    std::string text;
    for (int i = 0; i < seen.count; i++) text.append(static_cast<char*>(named[i].iov_base), named[i].iov_len);
    text.resize(std::min(text.size(), bite));
    body.consume(text.size());
    out += "[" + text + "]";
  }
}

}  // namespace

Test(postponed_body, small_pieces_leave_together) {
  cr_assert(read({"a", "b", "c", "d"}, 3) == "[abc][d]");
  cr_assert(read({"a", "b"}, 100) == "[ab]");
  cr_assert(read({"abc", "d"}, 3) == "[abc][d]");
}

Test(postponed_body, nothing_is_held_back_in_time) { cr_assert(read({"a", "b", "", "c"}, 100) == "[ab][c]"); }

Test(postponed_body, bytes_taken_one_by_one_come_in_order) {
  std::string got = read({"ab", "cd", "", "e"}, 3, 1);
  std::erase(got, '.');
  cr_assert(got == "[a][b][c][d][e]");
}
