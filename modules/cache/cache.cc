// The cache in the pipeline: looks up before the origin is asked, stores what comes back.
#include "modules/cache/cache.h"

#include "modules/cache/state.h"

namespace cache_module {

namespace {

std::string is_active(const void* conf, const exchange::Route&) {
  const CacheConf& cache = *static_cast<const CacheConf*>(conf);
  return cache.zone ? fmt::format("proxy_cache is {}", cache.zone->name) : std::string();
}

}  // namespace

const exchange::Module kModule = {
    .name = "cache",
    .priority = exchange::priority::cache,
    .section = &CacheConf::kSection,
    .state_size = sizeof(CacheState),
    .active = is_active,
    .on_init = make_segments,
    .on_worker = open_zones,
    .on_request = look_up,
    .on_upstream_request = ask_for_whole,
    .on_response = store_and_tell,
};

}  // namespace cache_module
