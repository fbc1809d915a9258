// Asks an origin where proxy_pass or grpc_pass says so: the last of the modules that act on a request.
#pragma once

#include "exchange/module.h"

namespace proxy_core {

class Proxying;

extern const exchange::Module kModule;
/// The same for grpc_pass; its state is kModule's.
extern const exchange::Module kGrpcModule;

/// Per exchange.
struct ProxyState {
  Proxying* proxying;  ///< null: no origin has been asked
};

}  // namespace proxy_core
