#include "proto/h3/request_body.h"

#include <criterion/criterion.h>

namespace {

struct Owner final : h3::BodyOwner {
  int wanted = 0;
  size_t taken = 0;
  int failed = -1;
  uint64_t most = 0;
  void on_body_wanted() override { ++wanted; }
  void on_body_taken(size_t bytes) override { taken += bytes; }
  void on_body_failed(int status) override { failed = status; }
  uint64_t max_body_size() const override { return most; }
};

struct Fixture {
  event::Loop loop;
  h3::BlockPool pool;
  Owner owner;
  base::Arena arena;
  h3::RequestBody body{loop, pool, owner, arena};
  iovec pieces[4];
};

}  // namespace

Test(request_body, waits_then_gives_then_ends) {
  Fixture f;
  cr_assert(f.body.peek(f.pieces).state == http::Readiness::wait);
  cr_assert(f.owner.wanted == 1);
  f.body.receive("hello");
  f.body.end();
  http::Peek seen = f.body.peek(f.pieces);
  cr_assert(seen.state == http::Readiness::ready && seen.count == 1 && seen.last);
  cr_assert(f.body.remaining() == 5u);
  f.body.consume(5);
  cr_assert(f.owner.taken == 5);
  cr_assert(f.body.peek(f.pieces).state == http::Readiness::end);
}

Test(request_body, larger_than_allowed_fails_with_413) {
  Fixture f;
  f.owner.most = 4;
  f.body.receive("hello");
  cr_assert(f.body.peek(f.pieces).state == http::Readiness::failed);
  cr_assert(f.owner.failed == 413);
}

Test(request_body, a_reset_after_the_end_changes_nothing) {
  Fixture f;
  f.body.receive("x");
  f.body.end();
  f.body.fail(0);
  cr_assert(f.owner.failed == -1);
  cr_assert(f.body.peek(f.pieces).state == http::Readiness::ready);
}
