#include "process/modules.h"

#include <array>

#include "modules/access_control/access_control.h"
#include "modules/cache/cache.h"
#include "modules/cache/purge.h"
#include "modules/geo/geo.h"
#include "modules/headers/headers.h"
#include "modules/load_balancer/load_balancer.h"
#include "modules/map/map.h"
#include "modules/proxy_core/proxy_core.h"
#include "modules/real_ip/real_ip.h"
#include "modules/referers/referers.h"
#include "modules/slice/slice.h"
#include "modules/split_clients/split_clients.h"
#include "modules/static_files/static_files.h"
#include "modules/stub_status/stub_status.h"
#include "modules/try_files/try_files.h"
#include "proxy/access_log.h"
#include "proxy/error_log.h"

namespace process {

std::span<const exchange::Module* const> compiled_in_modules() {
  static constexpr std::array kModules = {
      &real_ip::kModule,
      &access_control::kModule,
      &cache_module::kModule,
      &load_balancer::kModule,
      &proxy_core::kModule,
      &proxy_core::kGrpcModule,
      &try_files::kModule,
      &stub_status::kModule,
      &static_files::kModule,
      &headers::kModule,
      &map::kModule,
      &geo::kModule,
      &referers::kModule,
      &split_clients::kModule,
      &proxy::kAccessLogModule,
      &proxy::kErrorLogModule,
      &cache_module::kPurgeModule,
      &slice::kModule,
  };
  return kModules;
}

}  // namespace process
