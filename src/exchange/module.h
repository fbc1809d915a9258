// The contract of those that act on an exchange. A module is one record, whoever made it: compiled in, loaded
// from a .so, or compiled from a script. Nothing behind the registry can tell which.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "conf/row.h"
#include "exchange/verdict.h"

namespace exchange {

class Exchange;
class Subject;
class Builder;
class Worker;
struct Route;
struct Module;

/// A module in one route: what its hooks are called with.
struct Call {
  Exchange& exchange;
  const Module& module;
  const void* conf;  ///< the module's section as resolved for this route; null without a section

  template <class Conf>
  const Conf& conf_as() const {
    return *static_cast<const Conf*>(conf);
  }
};

/// The default order (lower acts on the request first, and on the response last).
namespace priority {
inline constexpr int real_ip = 5, active_health = 10, request_id = 20, rate_limiter = 30, access = 35,
                     circuit_breaker = 40, health_check = 50, metrics_exporter = 60, admin_api = 70,
                     try_files = 75, cache = 80, url_rewriter = 90, compression = 100, load_balancer = 110,
                     proxy_core = 120, stub_status = 122, static_files = 125, raw_tcp = 130;
}

struct Module {
  std::string_view name;
  int priority = 0;
  const conf::Section* section = nullptr;  ///< its directives
  uint32_t state_size = 0;  ///< bytes of per-exchange state, zeroed at first use (Exchange::state())

  /// Why the module acts in a route with this section ("proxy_cache is set"); empty: it does not. Null:
  /// always.
  std::string (*active)(const void* conf, const Route& route) = nullptr;

  /// Once per configuration, in the master, when every route is resolved: asks for shared memory, checks the
  /// whole.
  base::Result<void> (*on_init)(const Module& module, Builder& builder) = nullptr;
  /// Once per worker and keeper, before any exchange.
  base::Result<void> (*on_worker)(const Module& module, Worker& worker) = nullptr;

  Verdict (*on_request)(const Call& call) = nullptr;
  /// Before the request is written to an origin; may change Exchange::origin.request.
  Verdict (*on_upstream_request)(const Call& call) = nullptr;
  /// When an origin's response head is there, or the try failed; `reply` answers instead of it.
  Verdict (*on_upstream_response)(const Call& call) = nullptr;
  /// Before the response goes out; may change the head and wrap the body. Only modules whose on_request was
  /// reached are asked, in reverse order. Cannot pend.
  void (*on_response)(const Call& call) = nullptr;
  /// When the stream has ended.
  void (*on_log)(const Call& call) = nullptr;

  /// Before a session of layer 4 is proxied: 0, or the status it ends with. `conf`: as resolved for its
  /// server.
  int (*on_session)(Subject& session, const void* conf) = nullptr;
  /// When it has ended.
  void (*on_session_log)(Subject& session, const void* conf) = nullptr;

  /// Adds variables. Called once per configuration before anything is resolved.
  void (*add_variables)(Builder& builder) = nullptr;
  /// The same for those of sessions, where the configuration has a `stream` block.
  void (*add_session_variables)(Builder& builder) = nullptr;
};

}  // namespace exchange
