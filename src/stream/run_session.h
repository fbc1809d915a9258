// The life of a session of layer 4.
#pragma once

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
};

/// Serves a session up to its line in the log. The session outlives the task.
event::Task<void> run_session(Session& session, Surroundings& surroundings);

}  // namespace stream
