#include "stream/relay.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace stream {

Relay::Relay(event::Loop& loop, Buffers& buffers, net::Transport& client, net::Transport& origin,
             const RelayOptions& options)
    : buffers_(buffers),
      options_(options),
      loop_(loop),
      to_origin_(*this, client, origin, options.upload_rate),
      to_client_(*this, origin, client, options.download_rate),
      client_(*this, to_origin_, to_client_),
      origin_(*this, to_client_, to_origin_),
      timer_(loop, on_timeout, this),
      ended_(loop.ready()),
      began_(loop.now()) {
  client.set_handler(&client_);
  origin.set_handler(&origin_);
}

Relay::Flow::Flow(Relay& relay, net::Transport& source, net::Transport& sink, uint64_t bytes_a_second)
    : owner(relay),
      from(source),
      to(sink),
      rate(bytes_a_second),
      pause(
          relay.loop_, [](void* flow) { static_cast<Flow*>(flow)->owner.run(*static_cast<Flow*>(flow)); },
          this) {}

Relay::~Relay() {
  let_go(to_origin_);
  let_go(to_client_);
}

void Relay::start(std::string_view first) {
  PC_CHECK(first.size() <= options_.buffer_size);
  if (!first.empty()) {
    to_origin_.buffer = buffers_.take(options_.buffer_size);
    std::memcpy(to_origin_.buffer.get(), first.data(), first.size());
    to_origin_.end = first.size();
  }
  timer_.start(options_.timeout);
  run(to_origin_);
}

void Relay::run(Flow& flow) {
  if (ended_.given()) return;
  for (int round = 0; round < kRoundsInATurn; ++round) {
    if (flow.is_empty() && !fill(flow)) break;
    if (!drain(flow)) break;
  }
  if (ended_.given()) return;
  if (flow.is_empty()) {
    let_go(flow);
    if (flow.source_ended && !flow.has_ended) end_flow(flow);
  }
  if (!ended_.given()) watch();
}

// How much may be read now; after 0 the flow's pause tells when to look again. A second's worth is ahead.
size_t Relay::allowed(Flow& flow) {
  if (flow.rate == 0) return options_.buffer_size;
  uint64_t elapsed = static_cast<uint64_t>(loop_.now() - began_);
  uint64_t due = flow.rate * (elapsed / 1000 + 1) + flow.rate * (elapsed % 1000) / 1000;
  if (due > flow.received) return std::min<uint64_t>(due - flow.received, options_.buffer_size);
  constexpr uint64_t kMostPause = 1000;
  uint64_t wait = (flow.received - due) * 1000 / flow.rate + 1;
  flow.pause.start(base::Duration(std::min(wait, kMostPause)));
  return 0;
}

// False: there is nothing to write.
bool Relay::fill(Flow& flow) {
  if (flow.source_ended) return false;
  size_t most = allowed(flow);
  if (most == 0) return false;
  if (!flow.buffer) flow.buffer = buffers_.take(options_.buffer_size);
  net::IoResult got = flow.from.read(flow.buffer.get(), most);
  if (got.is_failed()) fail(flow.from, got.code);
  if (got.is_end()) flow.source_ended = true;
  if (!got.is_ready()) return false;
  flow.begin = 0;
  flow.end = got.size;
  flow.received += got.size;
  if (&flow == &to_client_ && first_byte_ == 0) first_byte_ = loop_.now();
  timer_.start(options_.timeout);
  return true;
}

// False: the other side takes no more for now.
bool Relay::drain(Flow& flow) {
  iovec piece = {flow.buffer.get() + flow.begin, flow.end - flow.begin};
  net::IoResult put = flow.to.write(&piece, 1);
  if (put.is_failed()) fail(flow.to, put.code);
  if (!put.is_ready()) return false;
  flow.begin += put.size;
  flow.sent += put.size;
  timer_.start(options_.timeout);
  return flow.is_empty();
}

void Relay::let_go(Flow& flow) {
  if (!flow.buffer) return;
  flow.begin = flow.end = 0;
  buffers_.give_back(std::move(flow.buffer), options_.buffer_size);
}

// With one direction the other ends too, once what has been read of it is out; with half_close it goes on.
void Relay::end_flow(Flow& flow) {
  Flow& other = &flow == &to_origin_ ? to_client_ : to_origin_;
  flow.has_ended = true;
  if (options_.half_close) {
    if (other.has_ended) return finish(End::complete);
    return flow.to.shutdown_write();
  }
  if (other.has_ended || other.is_empty()) return finish(End::complete);
  other.source_ended = true;
}

void Relay::watch() {
  auto watch_side = [](const Flow& outgoing, const Flow& incoming) {
    int events = 0;
    if (outgoing.is_empty() && !outgoing.source_ended && !outgoing.pause.active()) events |= EV_READ;
    if (!incoming.is_empty()) events |= EV_WRITE;
    outgoing.from.watch(events);
  };
  watch_side(to_origin_, to_client_);
  watch_side(to_client_, to_origin_);
}

void Relay::fail(const net::Transport& at, int code) {
  error_ = code;
  finish(&at == &to_origin_.from ? End::client_failed : End::origin_failed);
}

void Relay::finish(End end) {
  timer_.stop();
  to_origin_.pause.stop();
  to_client_.pause.stop();
  to_origin_.from.watch(0);
  to_client_.from.watch(0);
  ended_.give(end);
}

void Relay::on_timeout(void* owner) { static_cast<Relay*>(owner)->finish(End::timed_out); }

}  // namespace stream
