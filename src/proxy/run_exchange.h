// The life of a request on one page.
#pragma once

#include "event/task.h"
#include "exchange/exchange.h"
#include "proxy/router.h"

namespace proxy {

/// Handles one exchange from its head to its log line, then releases its stream (and with it the exchange).
/// Runs alone: nobody awaits it.
event::Task<void> run_exchange(exchange::Exchange& exchange, const Router& router);

/// The same for one that no client waits for: the hooks of its route from `from` on; no line in a log.
event::Task<void> run_detached(exchange::Exchange& exchange, const exchange::Module& from);

}  // namespace proxy
