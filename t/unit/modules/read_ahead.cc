// Whatever the origin's pace and the client's: the bytes arrive whole and in order, and memory stays bounded.
#include "modules/proxy_core/read_ahead.h"

#include <criterion/criterion.h>
#include <unistd.h>

#include <random>

using http::Peek;
using http::Readiness;
using proxy_core::ReadAhead;
using proxy_core::ReadAheadLimits;

namespace {

struct TestWorker final : exchange::Worker {
  TestWorker() : exchange::Worker(&quiet, 0, 0, 0) {}
  base::Log quiet{2, base::LogLevel::emerg, nullptr};
};

char pattern(uint64_t at) { return static_cast<char>('a' + (at * 7 + at / 251) % 26); }

// Gives `total` bytes of the pattern in pieces of random size, with pauses.
class PacedBody final : public http::Body {
 public:
  PacedBody(event::Loop& loop, std::mt19937& random, uint64_t total, unsigned pauses, bool breaks)
      : loop_(loop), random_(random), total_(total), pauses_(pauses), breaks_(breaks) {}

  Peek peek(std::span<iovec> pieces) override {
    if (piece_.empty() && at_ == total_) return {breaks_ ? Readiness::failed : Readiness::end, 0, !breaks_};
    if (piece_.empty()) {
      if (pauses_ > 1 && random_() % pauses_ == 0) {
        if (reader_ != nullptr) loop_.post(*reader_);
        return {};
      }
      uint64_t size = std::min<uint64_t>(1 + random_() % 5000, total_ - at_);
      for (uint64_t i = 0; i < size; ++i) piece_ += pattern(at_ + i);
      at_ += size;
    }
    pieces[0] = {piece_.data(), piece_.size()};
    return {Readiness::ready, 1, at_ == total_ && !breaks_ && random_() % 2 == 0};
  }
  void consume(size_t bytes) override { piece_.erase(0, bytes); }
  std::optional<uint64_t> remaining() const override { return total_ - at_ + piece_.size(); }
  uint64_t given() const { return at_; }

 private:
  event::Loop& loop_;
  std::mt19937& random_;
  uint64_t total_;
  unsigned pauses_;
  bool breaks_;
  uint64_t at_ = 0;
  std::string piece_;
};

struct Reader final : event::Ready {
  void on_ready() override { woken = true; }
  bool woken = true;
};

struct Folder {
  Folder() { cr_assert_not_null(mkdtemp(path)); }
  ~Folder() { cr_assert_eq(rmdir(path), 0, "no file is left"); }
  char path[32] = "/tmp/read-ahead-XXXXXX";
};

// Reads with random appetite until the body ends; the number of bytes that were right.
uint64_t read_all(TestWorker& worker, http::Body& body, std::mt19937& random, unsigned sloth,
                  Readiness& end) {
  Reader reader;
  body.set_reader(&reader);
  uint64_t at = 0;
  for (;;) {
    if (sloth != 0 && random() % sloth != 0) {
      worker.loop().run_once(false);
      continue;
    }
    iovec pieces[4];
    Peek seen = body.peek(pieces);
    if (seen.state == Readiness::wait) {
      reader.woken = false;
      for (int turns = 0; !reader.woken; ++turns) {
        cr_assert_lt(turns, 3000, "nobody wakes the reader");
        worker.loop().run_once(false);
        if (turns > 10) usleep(1000);  // a disk thread is at work
      }
      continue;
    }
    if (seen.state != Readiness::ready) {
      end = seen.state;
      return at;
    }
    size_t offered = 0;
    for (int i = 0; i < seen.count; ++i) offered += pieces[i].iov_len;
    size_t take = random() % 3 == 0 ? offered : random() % (offered + 1);
    size_t left = take;
    for (int i = 0; i < seen.count && left > 0; ++i) {
      size_t part = std::min(left, pieces[i].iov_len);
      for (size_t j = 0; j < part; ++j) {
        if (static_cast<char*>(pieces[i].iov_base)[j] != pattern(at + j)) cr_assert_fail("wrong byte");
      }
      at += part;
      left -= part;
    }
    body.consume(take);
    if (seen.last && take == offered) {
      end = Readiness::end;
      return at;
    }
  }
}

}  // namespace

Test(read_ahead, any_pace_keeps_every_byte_in_order) {
  Folder folder;
  for (unsigned seed = 0; seed < 120; ++seed) {
    TestWorker worker;
    std::mt19937 random(seed);
    ReadAheadLimits limits;
    limits.buffer = 512 << (random() % 3);
    limits.memory = limits.buffer * (2 + random() % 4);
    limits.busy = limits.buffer * (1 + random() % 2);
    limits.write = limits.buffer * 2;
    uint64_t files[] = {0, limits.write, 64 << 10, 1 << 30};
    limits.file = files[random() % 4];
    limits.folder = folder.path;
    uint64_t total = random() % 300000;
    bool breaks = random() % 5 == 0;
    unsigned sloth = random() % 30;
    auto body = std::make_unique<ReadAhead>(
        worker, std::make_unique<PacedBody>(worker.loop(), random, total, random() % 5, breaks), limits);
    Readiness end = Readiness::wait;
    uint64_t got = read_all(worker, *body, random, sloth, end);
    cr_assert_eq(got, total, "seed %u: %zu of %zu", seed, static_cast<size_t>(got),
                 static_cast<size_t>(total));
    cr_assert_eq(end, breaks ? Readiness::failed : Readiness::end, "seed %u", seed);
  }
}

Test(read_ahead, origin_is_read_to_the_limits_and_no_further) {
  Folder folder;
  TestWorker worker;
  std::mt19937 random(1);
  for (uint64_t file : {uint64_t{0}, uint64_t{65536}}) {
    ReadAheadLimits limits;
    limits.file = file;
    limits.folder = folder.path;
    auto from = std::make_unique<PacedBody>(worker.loop(), random, 10 << 20, 0, false);
    PacedBody& origin = *from;
    ReadAhead body(worker, std::move(from), limits);
    iovec pieces[4];
    cr_assert_eq(body.peek(pieces).state, Readiness::ready);
    for (int i = 0; i < 200; ++i) {
      worker.loop().run_once(false);
      usleep(100);
    }
    uint64_t most = limits.memory + file + 2 * limits.write;
    cr_assert_leq(origin.given(), most + 5000);
    cr_assert_geq(origin.given(), limits.memory + file);
  }
}

Test(read_ahead, body_that_goes_while_the_disk_works_leaves_nothing) {
  Folder folder;
  TestWorker worker;
  std::mt19937 random(2);
  for (int i = 0; i < 50; ++i) {
    ReadAheadLimits limits;
    limits.folder = folder.path;
    ReadAhead body(worker, std::make_unique<PacedBody>(worker.loop(), random, 1 << 20, 0, false), limits);
    iovec pieces[4];
    cr_assert_eq(body.peek(pieces).state, Readiness::ready);
    worker.loop().run_once(false);
  }
  for (int i = 0; i < 100; ++i) {
    worker.loop().run_once(false);
    usleep(100);
  }
}

Test(read_ahead, disk_that_fails_keeps_the_bytes) {
  TestWorker worker;
  std::mt19937 random(3);
  ReadAheadLimits limits;
  limits.folder = "/nonexistent";
  ReadAhead body(worker, std::make_unique<PacedBody>(worker.loop(), random, 500000, 3, false), limits);
  Readiness end = Readiness::wait;
  cr_assert_eq(read_all(worker, body, random, 20, end), 500000u);
  cr_assert_eq(end, Readiness::end);
}

Test(read_ahead, rate_holds_the_origin_back) {
  TestWorker worker;
  std::mt19937 random(4);
  ReadAheadLimits limits;
  limits.rate = 1000;
  auto from = std::make_unique<PacedBody>(worker.loop(), random, 100000, 0, false);
  ReadAhead body(worker, std::move(from), limits);
  uint64_t got = 0;
  for (int i = 0; i < 20; ++i) {
    iovec pieces[4];
    Peek seen = body.peek(pieces);
    if (seen.state != Readiness::ready) break;
    for (int j = 0; j < seen.count; ++j) got += pieces[j].iov_len;
    body.consume(got > 0 ? pieces[0].iov_len : 0);
  }
  cr_assert_geq(got, 1000u);
  cr_assert_leq(got, 1500u);
}
