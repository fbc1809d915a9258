// The life of a session of layer 4.
#pragma once

#include <functional>

#include "event/cancel.h"
#include "event/task.h"
#include "stream/buffers.h"
#include "stream/session.h"
#include "upstream/origins.h"

namespace stream {

/// What sessions of one process share.
struct Surroundings {
  upstream::Origins& origins;
  Buffers& buffers;
  event::CancelScope& cancel;  ///< ends them all
  /// Gives a client's connection to whoever listens at an address of this process; false: nobody does.
  std::function<bool(net::Fd& socket, const net::Address& to, const net::Address& peer)> hand_over;
};

/// Serves a session up to its line in the log. The session outlives the task.
event::Task<void> run_session(Session& session, Surroundings& surroundings);

}  // namespace stream
