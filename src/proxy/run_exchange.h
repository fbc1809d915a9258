// The life of a request on one page.
#pragma once

#include "event/task.h"
#include "exchange/exchange.h"
#include "proxy/router.h"

namespace proxy {

/// Handles one exchange from its head to its log line, then releases its stream (and with it the exchange).
/// Runs alone: nobody awaits it.
event::Task<void> run_exchange(exchange::Exchange& exchange, const Router& router);

}  // namespace proxy
