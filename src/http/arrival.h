// A coroutine that reads a body waits here after peek() said `wait`: woken when bytes may have come. Lives in
// the coroutine's frame, no longer than the body; the body has no other reader meanwhile.
#pragma once

#include "event/task.h"
#include "http/body.h"

namespace http {

/// `Arrival arrival(queue, body); … bool came = co_await arrival.answer; arrival.answer.reset();` False comes
/// only from who else gives the answer: a scope that is canceled.
class Arrival final : public event::Ready {
 public:
  Arrival(event::ReadyQueue& queue, Body& body) : answer(queue), body_(body) { body_.set_reader(this); }
  ~Arrival() { body_.set_reader(nullptr); }
  Arrival(const Arrival&) = delete;
  Arrival& operator=(const Arrival&) = delete;

  void on_ready() override { answer.give(true); }

  event::Answer<bool> answer;

 private:
  Body& body_;
};

}  // namespace http
