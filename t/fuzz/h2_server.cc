// What a client may say over HTTP/2, while requests are answered at once, later, in part, never: no crash,
// each request that was handed up ends once, what goes out is HTTP/2 whatever came in, and memory does not
// grow with what a client sends and nobody reads.
//
// The input is a list of steps, so that frames are whole more often than not.
#include <cstdint>

#include "t/unit/proto/h2_server_rig.h"

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

const Lines kLines = {{":method", "GET"},
                      {":method", "POST"},
                      {":method", "CONNECT"},
                      {":scheme", "http"},
                      {":path", "/now"},
                      {":path", "/later"},
                      {":path", "/body/70000"},
                      {":path", "/echo"},
                      {":authority", "a"},
                      {":protocol", "websocket"},
                      {"content-length", "5"},
                      {"content-length", "x"},
                      {"connection", "close"},
                      {"cookie", "a=b"},
                      {"expect", "100-continue"},
                      {"priority", "u=1, i"},
                      {"x-long", std::string(3000, 'x')},
                      {"te", "trailers"},
                      {"X-Upper", "x"},
                      {"host", "b"}};

class Play {
 public:
  Play(Input input) : input_(input), server_({8, 3000}) {}

  void run() {
    server_.holds = (input_.byte() & 1) != 0;
    if (input_.byte() % 8 != 0) server_.greet();
    while (!input_.empty() && server_.session != nullptr) step();
    if (server_.session != nullptr) server_.transport->room = SIZE_MAX;
    for (int i = 0; i < 4; ++i) server_.turn();
  }

 private:
  void step() {
    uint8_t what = input_.byte();
    switch (what % 18) {
      case 0: return say(frame(input_.byte() % 18, input_.byte(), stream(), input_.text(input_.byte())));
      case 1: return say(input_.text(input_.byte()));
      case 2:
      case 3:
      case 4: return say(headers(stream(), request(), what >= 128));
      case 5: return say(headers(stream(), some_lines(), what >= 128));
      case 6: return say(data(stream(), std::string(size_t{input_.byte()} * 20, 'd'), what >= 128));
      case 7: return say(frame(NGHTTP2_DATA, input_.byte(), stream(), input_.text(5)));
      case 8: return say(settings({{input_.byte() % 10, number4()}}));
      case 9: return say(window_update(what >= 128 ? 0 : stream(), number4()));
      case 10: return say(what >= 192 ? goaway(0, input_.byte()) : rst_stream(stream(), input_.byte() % 16));
      case 11:
        if (H2Request* each = one()) each->answer(200, std::string(size_t{input_.byte()} * 300, 'a'));
        break;
      case 12:
        if (H2Request* each = one()) each->abort();
        break;
      case 13:
        if (H2Request* each = one()) each->inform();
        break;
      case 14: let_go(); break;
      case 15: server_.pass(input_.byte() * 300); break;
      case 16: server_.transport->room = what >= 128 ? SIZE_MAX : input_.byte(); break;
      case 17: return end(what);
    }
    server_.turn();
    check();
  }

  void say(const std::string& frames) {
    server_.transport->most_read = 1 + input_.byte() * size_t{64};
    server_.says(frames);
    check();
  }
  // Bodies that nobody reads are no larger than the window, streams not more than were let.
  void check() {
    if (server_.session == nullptr) return;
    PC_CHECK(server_.requests.size() <= 8 * (h2::ServerSession::kUnfinished + 1));
  }
  void end(uint8_t what) {
    if (what < 64) server_.transport->ended = true;
    if (what >= 64 && what < 96) server_.transport->reset = true;
    if (what >= 96 && what < 200) server_.session->drain();
    if (what >= 200 && what < 230) server_.session->close_idle();
    if (what >= 230) server_.session->shut_down();
    server_.turn();
  }
  void let_go() {
    for (size_t i = 0; i < server_.requests.size(); ++i) {
      if (!server_.requests[i]->ended()) continue;
      return server_.let_go(i);
    }
  }
  uint32_t stream() {
    uint8_t which = input_.byte();
    if (which >= 240) return which % 16;
    if (which < 128) return next_ += 2;
    return 1 + 2 * (which % 16);
  }
  uint32_t number4() {
    uint32_t first = input_.byte();
    return first << (input_.byte() % 25);
  }
  Lines request() {
    Lines lines = {kLines[input_.byte() % 3], kLines[3], kLines[4 + input_.byte() % 4], kLines[8]};
    for (const auto& line : some_lines()) lines.push_back(line);
    return lines;
  }
  Lines some_lines() {
    Lines lines;
    for (int left = input_.byte() % 4; left > 0; --left)
      lines.push_back(kLines[input_.byte() % kLines.size()]);
    return lines;
  }
  H2Request* one() {
    if (server_.requests.empty()) return nullptr;
    H2Request* each = server_.requests[input_.byte() % server_.requests.size()].get();
    return each->ended() ? nullptr : each;
  }

  Input input_;
  H2Server server_;
  uint32_t next_ = static_cast<uint32_t>(-1);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  Play(Input(bytes, size)).run();
  return 0;
}
