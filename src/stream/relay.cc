#include "stream/relay.h"

#include <cstring>

#include "base/check.h"

namespace stream {

Relay::Relay(event::Loop& loop, Buffers& buffers, net::Transport& client, net::Transport& origin,
             const RelayOptions& options)
    : buffers_(buffers),
      options_(options),
      loop_(loop),
      to_origin_{client, origin, {}},
      to_client_{origin, client, {}},
      client_(*this, to_origin_, to_client_),
      origin_(*this, to_client_, to_origin_),
      timer_(loop, on_timeout, this),
      ended_(loop.ready()) {
  client.set_handler(&client_);
  origin.set_handler(&origin_);
}

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

// False: there is nothing to write.
bool Relay::fill(Flow& flow) {
  if (flow.source_ended) return false;
  if (!flow.buffer) flow.buffer = buffers_.take(options_.buffer_size);
  net::IoResult got = flow.from.read(flow.buffer.get(), options_.buffer_size);
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
    if (outgoing.is_empty() && !outgoing.source_ended) events |= EV_READ;
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
  to_origin_.from.watch(0);
  to_client_.from.watch(0);
  ended_.give(end);
}

void Relay::on_timeout(void* owner) { static_cast<Relay*>(owner)->finish(End::timed_out); }

}  // namespace stream
