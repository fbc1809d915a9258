// http3 of http and server, and the shared memory of QUIC. Built by the master.
#pragma once

#include <optional>

#include "conf/row.h"
#include "exchange/builder.h"
#include "exchange/worker.h"
#include "proto/quic_memory.h"

namespace proxy {

struct QuicConf {
  bool http3 = true;

  static const conf::Section kSection;
};

/// Opens what the processes share; call where somebody listens to QUIC.
base::Result<void> open_quic_memory(exchange::Builder& builder);
/// In a worker. Nothing when nobody listens to QUIC.
base::Result<std::optional<proto::QuicMemory>> map_quic_memory(exchange::Worker& worker);

}  // namespace proxy
