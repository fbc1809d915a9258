// Waiting for nothing but time: between two tries of something.
#pragma once

#include "event/cancel.h"
#include "event/loop.h"
#include "event/task.h"

namespace event {

/// True when `duration` has passed, false when `scope` (which may be null) was canceled before.
Task<bool> sleep_for(Loop& loop, base::Duration duration, CancelScope* scope);

}  // namespace event
