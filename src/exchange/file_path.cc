#include "exchange/file_path.h"

#include "exchange/core_conf.h"
#include "exchange/exchange.h"

namespace exchange {

std::string_view document_root(Exchange& exchange) {
  const CoreConf& core = *exchange.route->core;
  const Template& root = core.alias ? *core.alias : *core.root;
  std::string_view path = root.evaluate(exchange);
  if (root.is_literal() || path.starts_with('/')) return path;
  return exchange.arena.join(core.prefix, path);
}

std::string_view file_path(Exchange& exchange, std::string_view uri) {
  constexpr std::string_view kEnd("\0", 1);
  std::string_view root = document_root(exchange);
  const Route& route = *exchange.route;
  if (route.core->alias) {
    // Within a regular expression alias is the whole path; its captures stand in it.
    std::string_view rest = route.alias_prefix.empty()
                                ? std::string_view()
                                : uri.substr(std::min(route.alias_prefix.size(), uri.size()));
    uri = rest;
  }
  std::string_view path = exchange.arena.join(root, uri, kEnd);
  path.remove_suffix(1);
  return path;
}

}  // namespace exchange
