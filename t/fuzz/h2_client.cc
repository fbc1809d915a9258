// What an origin may say over HTTP/2, while requests begin, are read, are given up: no crash, no request that
// nobody answers, no body that ends short of its length, and what goes out is HTTP/2 whatever came in.
//
// The input is a list of steps, so that frames are whole more often than not.
#include <cstdint>
#include <vector>

#include "t/unit/proto/h2_origin.h"

namespace {

using namespace h2_frames;

class Input {
 public:
  Input(const uint8_t* bytes, size_t size) : at_(bytes), end_(bytes + size) {}
  bool empty() const { return at_ == end_; }
  uint8_t byte() { return empty() ? 0 : *at_++; }
  std::string text(size_t size) {
    size = std::min(size, static_cast<size_t>(end_ - at_));
    const char* from = reinterpret_cast<const char*>(at_);
    at_ += size;
    return {from, size};
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

const Lines kLines = {{":status", "200"},
                      {":status", "103"},
                      {":status", "204"},
                      {":status", "304"},
                      {":status", "1000"},
                      {"content-length", "5"},
                      {"link", "</a>"},
                      {"content-length", "x"},
                      {"connection", "close"},
                      {"x-long", std::string(3000, 'x')},
                      {"te", "gzip"},
                      {"grpc-status", "0"},
                      {"content-length", "70000"},
                      {"X-Upper", "x"},
                      {":path", "/"},
                      {"trailer", "a"}};

class Play {
 public:
  Play(event::Loop& loop, Input input) : input_(input), origin_(loop) {}
  ~Play() {
    asks_.clear();
    origin_.turn();
    origin_.session->close();
  }

  void run() {
    if (input_.byte() % 8 != 0) origin_.says(settings());
    while (!input_.empty()) {
      step();
      for (const auto& ask : asks_) check(*ask);
    }
    origin_.transport->room = SIZE_MAX;
    for (int i = 0; i < 4; ++i) origin_.turn();
    for (const auto& ask : asks_) check(*ask);
  }

 private:
  void step() {
    uint8_t what = input_.byte();
    switch (what % 20) {
      case 0: return say(frame(input_.byte() % 12, input_.byte(), stream(), input_.text(input_.byte())));
      case 1: return say(input_.text(input_.byte()));
      case 2:
      case 3: return say(headers(stream(), some_lines(), what >= 128));
      case 4: return say(data(stream(), std::string(size_t{input_.byte()} * 80, 'd'), what >= 128));
      case 5: return say(frame(NGHTTP2_DATA, input_.byte(), stream(), input_.text(5)));
      case 6: return say(settings({{input_.byte() % 9, number4()}}));
      case 7: return say(window_update(what >= 128 ? 0 : stream(), number4()));
      case 8:
        return say(what >= 128 ? goaway(stream(), input_.byte()) : rst_stream(stream(), input_.byte() % 16));
      case 9:
      case 10: return ask(what);
      case 11:
      case 12:
        if (H2Ask* each = one()) each->read(input_.byte() * 40);
        break;
      case 13: return feed(what);
      case 14:
        if (H2Ask* each = one()) each->scope.cancel();
        break;
      case 15:
        if (H2Ask* each = one()) (what >= 128 ? void(each->body.reset()) : each->stream->stop_sending());
        break;
      case 16:
        if (!asks_.empty()) asks_.erase(asks_.begin() + input_.byte() % static_cast<int>(asks_.size()));
        break;
      case 17: origin_.pass(input_.byte() * 300); break;
      case 18: origin_.transport->room = what >= 128 ? SIZE_MAX : input_.byte(); break;
      case 19: return end(what);
    }
    origin_.turn();
  }

  void say(const std::string& frames) {
    origin_.transport->most_read = 1 + input_.byte() * size_t{64};
    origin_.says(frames);
  }
  void end(uint8_t what) {
    if (what < 64) origin_.transport->ended = true;
    if (what >= 64 && what < 96) origin_.transport->reset = true;
    if (what >= 96) origin_.session->look();
    origin_.turn();
  }
  uint32_t stream() {
    uint8_t which = input_.byte();
    return which < 192 ? 1 + 2 * (which % 8) : which % 16;
  }
  uint32_t number4() {
    uint32_t first = input_.byte();
    return first << (input_.byte() % 25);
  }
  Lines some_lines() {
    Lines lines;
    for (int left = input_.byte() % 5; left > 0; --left)
      lines.push_back(kLines[input_.byte() % kLines.size()]);
    if (lines.empty()) lines = {kLines[0]};
    return lines;
  }
  H2Ask* one() { return asks_.empty() ? nullptr : asks_[input_.byte() % asks_.size()].get(); }

  void ask(uint8_t what) {
    if (asks_.size() >= 8) return;
    asks_.push_back(std::make_unique<H2Ask>(origin_.loop, *origin_.session));
    H2Ask& made = *asks_.back();
    uint8_t kind = input_.byte();
    if (kind % 4 == 1) made.request.method = "HEAD";
    if (kind % 4 == 2) made.uploads(size_t{input_.byte()} * 300);
    if (kind % 4 == 3) made.uploads(std::nullopt);
    if (kind >= 128) made.fields.add("X-Field", "x");
    if (kind >= 192) made.limits.head_size = 100;
    made.go();
    if (what >= 128) origin_.turn();
  }
  void feed(uint8_t what) {
    H2Ask* each = one();
    if (each == nullptr || each->fed.ended) return;
    if (what >= 192) each->fed.failed = true;
    if (what >= 128) each->fed.ended = true;
    each->fed.text.append(size_t{input_.byte()} * 300, 'u');
    each->fed.wake();
    origin_.turn();
  }

  // What an answer and its body may be.
  static void check(H2Ask& ask) {
    if (!ask.fetched || ask.answer.fault != http::OriginFault::none) return;
    const http::Response& head = ask.answer.head;
    PC_CHECK(head.status >= 200 && head.status <= 999 && head.version == http::Version::http2);
    if (head.framing != http::Framing::length || ask.request.method == "HEAD") return;
    PC_CHECK(ask.text.size() <= head.content_length);
    PC_CHECK(!ask.ended || ask.text.size() == head.content_length);
  }

  Input input_;
  H2Origin origin_;
  std::vector<std::unique_ptr<H2Ask>> asks_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  event::Loop loop;
  Play(loop, Input(bytes, size)).run();
  return 0;
}
