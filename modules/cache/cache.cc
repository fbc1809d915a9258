// The cache in the pipeline: looks up before the origin is asked, stores what comes back.
#include "modules/cache/cache.h"

#include "modules/cache/state.h"

namespace cache_module {

namespace {

std::string is_active(const void* conf, const exchange::Route&) {
  const CacheConf& cache = *static_cast<const CacheConf*>(conf);
  return cache.zone ? fmt::format("proxy_cache is {}", cache.zone->name) : std::string();
}

exchange::Value cache_status(exchange::Exchange& exchange, std::string_view, const void*) {
  std::string_view text = exchange.origin.cache_status;
  return text.empty() ? exchange::Value::none() : exchange::Value{text};
}

void add_variables(exchange::Builder& builder) {
  builder.variables().define("upstream_cache_status", cache_status);
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
    .on_upstream_request = ask_origin,
    .on_response = store_and_tell,
    .add_variables = add_variables,
};

}  // namespace cache_module
