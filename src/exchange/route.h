// Where a request ends up: one location (or the server itself, or an `if`) with everything resolved for it.
// Made when the configuration is built; immutable afterwards; shared by all exchanges that take it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/row.h"
#include "exchange/module.h"

namespace exchange {

struct CoreConf;
struct Server;

/// One module at one hook in one route.
template <class Function>
struct HookAt {
  Function function;
  const Module* module;
  const void* conf;
};

struct Route {
  std::string name;  ///< the location as written ("/", "~ \.php$", "@fallback"); empty for the server itself
  std::string prefix;        ///< of the path, which a proxy_pass with a URI replaces; empty: none
  std::string alias_prefix;  ///< of the path, which alias replaces; empty: all of it
  const Server* server = nullptr;
  const CoreConf* core = nullptr;

  /// Packed: only the modules active here, ascending priority (on_response and on_log: descending).
  std::vector<HookAt<decltype(Module::on_request)>> on_request;
  std::vector<HookAt<decltype(Module::on_upstream_request)>> on_upstream_request;
  std::vector<HookAt<decltype(Module::on_upstream_response)>> on_upstream_response;
  std::vector<HookAt<decltype(Module::on_response)>> on_response;
  std::vector<HookAt<decltype(Module::on_log)>> on_log;

  /// Why each module is here, for -T: {module, reason}.
  std::vector<std::pair<const Module*, std::string>> reasons;

  /// The section of that kind, resolved for this route.
  const void* find(const conf::Section& section) const {
    for (const auto& [kind, object] : sections)
      if (kind == &section) return object.get();
    return nullptr;
  }
  template <class Conf>
  const Conf& get(const conf::Section& section) const {
    return *static_cast<const Conf*>(find(section));
  }

  std::vector<std::pair<const conf::Section*, std::shared_ptr<void>>> sections;
};

/// Sets the prefixes from the locations of `chain`: "/img/" of `location /img/`, `= /img/` and `^~ /img/`,
/// empty of one that is a regular expression or has a name. alias may be inherited, and then replaces the
/// outer location's.
void set_prefixes(Route& route, conf::Chain chain);

}  // namespace exchange
