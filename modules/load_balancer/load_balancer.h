// Upstream blocks and the choice among their peers: the `upstream` directive, and what each worker keeps of
// origins.
#pragma once

#include <memory>

#include "exchange/builder.h"
#include "exchange/module.h"
#include "exchange/worker.h"
#include "upstream/cluster_conf.h"
#include "upstream/origins.h"

namespace load_balancer {

extern const exchange::Module kModule;

/// The clusters of the configuration being built.
std::shared_ptr<upstream::ClusterSet> clusters(exchange::Builder& builder);

/// The clusters of this worker as they are now.
inline upstream::Origins& origins(exchange::Worker& worker) {
  return worker.kept<upstream::Origins>(kModule);
}

}  // namespace load_balancer
