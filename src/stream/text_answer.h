// The answer of `return`: a text of our own, and then the end.
#pragma once

#include <string_view>

#include "event/cancel.h"
#include "event/task.h"
#include "stream/session.h"

namespace stream {

/// Writes `text` to the client as fast as it takes it, and ends our side; false when it went away, or took
/// nothing for proxy_timeout. What is passed outlives the task.
event::Task<bool> write_text(Session& session, std::string_view text, event::CancelScope& scope);

}  // namespace stream
