// A hook written as a coroutine: its verdict is given at once when nothing had to be waited for, else by
// resume().
#pragma once

#include "event/task.h"
#include "exchange/exchange.h"

namespace exchange {

/// Starts `task`, which ends with the hook's verdict; to be returned from on_request or on_upstream_response.
Verdict deferred(Exchange& exchange, event::Task<Verdict> task);

}  // namespace exchange
