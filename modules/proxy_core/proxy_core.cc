#include "modules/proxy_core/proxy_core.h"

#include <algorithm>

#include "exchange/builder.h"
#include "exchange/exchange.h"
#include "modules/proxy_core/conf.h"
#include "modules/proxy_core/proxying.h"
#include "modules/proxy_core/variables.h"

namespace proxy_core {
namespace {

std::string reason(const void* conf, const exchange::Route&) {
  const Target* target = static_cast<const ProxyConf*>(conf)->target.get();
  return target != nullptr ? fmt::format("{}pass {}", target->family->prefix, target->written)
                           : std::string();
}

event::Task<void> proxy(exchange::Exchange& exchange, Proxying& proxying) {
  co_await proxying.run();
  exchange.resume(exchange::Verdict::reply);
}

exchange::Verdict on_request(const exchange::Call& call) {
  exchange::Exchange& exchange = call.exchange;
  Proxying* proxying = exchange.arena.make<Proxying>(exchange, call.conf_as<ProxyConf>());
  exchange.state<ProxyState>(kModule).proxying = proxying;
  event::spawn(proxy(exchange, *proxying));
  return exchange::Verdict::pending;
}

// As nginx: an answer is kept by one or the other.
void check_store(const exchange::Route& route, const ProxyConf* conf, exchange::Builder& builder) {
  if (conf == nullptr || conf->target == nullptr || !conf->stores) return;
  bool caches = std::ranges::any_of(
      route.on_request, [](const auto& hook) { return hook.module->priority == exchange::priority::cache; });
  if (caches)
    builder.diagnostics->error(conf->store_at, "\"proxy_store\" is incompatible with \"proxy_cache\"");
}

// A URI needs to know what it replaces: a location that is a regular expression or has a name says nothing of
// that.
base::Result<void> check_routes(const exchange::Module&, exchange::Builder& builder) {
  for (const exchange::Route* route : builder.routes) {
    const void* conf = route->find(ProxyConf::kSection);
    check_store(*route, static_cast<const ProxyConf*>(conf), builder);
    const Target* target = conf != nullptr ? static_cast<const ProxyConf*>(conf)->target.get() : nullptr;
    if (target == nullptr || target->uri.empty() || !route->prefix.empty()) continue;
    builder.diagnostics->error(
        target->at,
        "\"proxy_pass\" cannot have a URI part in a location given by a regular expression "
        "or a name");
  }
  return {};
}

// Both are the last word on where requests go.
base::Result<void> check_grpc_routes(const exchange::Module&, exchange::Builder& builder) {
  for (const exchange::Route* route : builder.routes) {
    const void* grpc = route->find(ProxyConf::kGrpcSection);
    const void* proxy = route->find(ProxyConf::kSection);
    if (grpc == nullptr || proxy == nullptr) continue;
    const Target* target = static_cast<const ProxyConf*>(grpc)->target.get();
    if (target == nullptr || !static_cast<const ProxyConf*>(proxy)->target) continue;
    builder.diagnostics->error(target->at, "\"grpc_pass\" and \"proxy_pass\" in one location");
  }
  return {};
}

}  // namespace

const exchange::Module kGrpcModule = {
    .name = "grpc",
    .priority = exchange::priority::proxy_core,
    .section = &ProxyConf::kGrpcSection,
    .active = reason,
    .on_init = check_grpc_routes,
    .on_request = on_request,
};

const exchange::Module kModule = {
    .name = "proxy_core",
    .priority = exchange::priority::proxy_core,
    .section = &ProxyConf::kSection,
    .state_size = sizeof(ProxyState),
    .active = reason,
    .on_init = check_routes,
    .on_request = on_request,
    .add_variables = add_variables,
};

}  // namespace proxy_core
