#include "modules/try_files/try_files.h"

#include "base/text.h"
#include "exchange/core_conf.h"
#include "exchange/deferred.h"
#include "exchange/exchange.h"
#include "exchange/file_path.h"
#include "exchange/open_file.h"

namespace try_files {
namespace {

using exchange::Exchange;
using exchange::OpenedFile;
using exchange::Verdict;

/// Under alias a name is written as the URI is, with the location's own part in front.
std::string_view full_uri(const Exchange& exchange, std::string_view name) {
  const exchange::Route& route = *exchange.route;
  bool has_prefix = !route.core->alias || route.alias_prefix.empty() || name.starts_with(route.alias_prefix);
  return has_prefix ? name : exchange.arena.join(route.alias_prefix, name);
}

Verdict fall_back(Exchange& exchange, std::string_view last) {
  if (!last.starts_with('=')) return exchange.redirect(last);
  return exchange.answer(static_cast<int>(base::parse_uint(last.substr(1)).value_or(500)));
}

bool is_expected(int error) {
  return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG || error == EACCES;
}

event::Task<Verdict> find(Exchange& exchange) {
  const exchange::CoreConf& core = *exchange.route->core;
  size_t files = core.try_files.size() - 1;
  for (size_t i = 0; i < files; ++i) {
    std::string_view name = core.try_files[i].evaluate(exchange);
    // nginx looks at the slash as it is written, not at one that a variable brings.
    bool wants_folder = core.try_files[i].source().ends_with('/');
    if (wants_folder && name.ends_with('/')) name.remove_suffix(1);
    std::string_view uri = full_uri(exchange, name);
    std::string_view path = exchange::file_path(exchange, uri);
    OpenedFile opened = co_await exchange::open_file(exchange.worker, core, path);
    if (opened.error != 0) {
      if (!is_expected(opened.error)) {
        exchange.log(base::LogLevel::crit, "{}() \"{}\" failed ({}: {})", opened.call, path, opened.error,
                     strerror(opened.error));
      }
      continue;
    }
    if (opened.is_directory != wants_folder) continue;
    exchange.request.path = uri;
    exchange.forget_cached_variables();
    co_return Verdict::next;
  }
  std::string_view last = core.try_files.back().evaluate(exchange);
  co_return fall_back(exchange, last);
}

Verdict on_request(const exchange::Call& call) {
  return exchange::deferred(call.exchange, find(call.exchange));
}

std::string active(const void*, const exchange::Route& route) {
  return route.core->try_files.empty() ? "" : "try_files is set";
}

}  // namespace

const exchange::Module kModule = {.name = "try_files",
                                  .priority = exchange::priority::try_files,
                                  .active = active,
                                  .on_request = on_request};

}  // namespace try_files
