#include "process/modules.h"

#include <array>

#include "modules/cache/cache.h"
#include "modules/load_balancer/load_balancer.h"
#include "modules/static_files/static_files.h"
#include "modules/try_files/try_files.h"
#include "proxy/access_log.h"
#include "proxy/error_log.h"

namespace process {

std::span<const exchange::Module* const> compiled_in_modules() {
  static constexpr std::array kModules = {
      &cache_module::kModule, &load_balancer::kModule,  &try_files::kModule,
      &static_files::kModule, &proxy::kAccessLogModule, &proxy::kErrorLogModule,
  };
  return kModules;
}

}  // namespace process
