// The response to a request for a file: its fields, conditions (RFC 9110 §13) and ranges (§14).
#pragma once

#include "exchange/exchange.h"
#include "exchange/open_file.h"

namespace static_files {

/// Fills the exchange's reply from a regular file. Returns Verdict::reply.
exchange::Verdict answer_with_file(exchange::Exchange& exchange, const exchange::OpenedFile& file);

}  // namespace static_files
