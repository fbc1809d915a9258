// An origin's body that a test feeds.
#pragma once

#include <deque>
#include <string>

#include "http/body.h"

namespace cache_test {

class Feed final : public http::Body {
 public:
  struct Shared {
    std::deque<std::string> chunks;
    bool ended = false, failed = false, alive = true;
    event::Ready* reader = nullptr;
  };
  explicit Feed(Shared& shared) : shared_(shared) {}
  ~Feed() override { shared_.alive = false; }
  http::Peek peek(std::span<iovec> pieces) override {
    if (!shared_.chunks.empty()) {
      pieces[0] = {shared_.chunks.front().data() + taken_, shared_.chunks.front().size() - taken_};
      return {http::Readiness::ready, 1, false};
    }
    if (shared_.failed) return {http::Readiness::failed, 0, false};
    if (shared_.ended) return {http::Readiness::end, 0, true};
    return {http::Readiness::wait, 0, false};
  }
  void consume(size_t bytes) override {
    taken_ += bytes;
    if (taken_ < shared_.chunks.front().size()) return;
    shared_.chunks.pop_front();
    taken_ = 0;
  }
  void set_reader(event::Ready* reader) override { shared_.reader = reader; }

 private:
  Shared& shared_;
  size_t taken_ = 0;
};

}  // namespace cache_test
