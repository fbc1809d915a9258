// One request to the control API, from its head to its answer.
#pragma once

#include "control/service.h"
#include "event/cancel.h"

namespace control {

/// What of a request is under way. Lives in its stream's arena.
class RunningCall {
 public:
  RunningCall(Service& the_service, http::Stream& the_stream)
      : service(the_service),
        stream(the_stream),
        cancel(the_service.worker().loop().ready()),
        ended(the_service.worker().loop().ready()) {}
  /// The session said how the stream ended.
  void end(http::StreamEnd how) {
    ended.give(how);
    if (how == http::StreamEnd::complete) return;
    if (call != nullptr) call->client_gone = true;
    cancel.cancel();
  }

  Service& service;
  http::Stream& stream;
  event::CancelScope cancel;
  event::Answer<http::StreamEnd> ended;
  exchange::ControlCall* call = nullptr;
};

/// Reads the body, finds the resource, lets it answer; then releases the stream. Nobody awaits it.
event::Task<void> run_call(RunningCall& running);

}  // namespace control
