// Looks at what a client says first without taking it: the ClientHello of a connection that is passed on
// unopened.
#pragma once

#include "event/cancel.h"
#include "event/task.h"
#include "stream/session.h"

namespace stream {

/// Fills session.hello when a ClientHello comes. 0: it is there, or what came is none; otherwise the status
/// to end with, which is logged: 400 when it does not fit into preread_buffer_size, 200 when it did not come
/// in time, or the client left. The session and `scope` outlive the task.
event::Task<int> preread_hello(Session& session, event::CancelScope& scope);

}  // namespace stream
