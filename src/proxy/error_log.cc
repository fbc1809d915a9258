#include "proxy/error_log.h"

#include <unordered_map>

#include "exchange/route.h"
#include "exchange/setters.h"
#include "exchange/worker.h"
#include "proxy/main_conf.h"

namespace proxy {
namespace {

using Sink = RouteErrorLogConf::Sink;

base::LogLevel widest(const std::vector<Sink>& sinks) {
  base::LogLevel level = base::LogLevel::stderr_only;
  for (const Sink& sink : sinks) level = std::max(level, sink.level);
  return level;
}

/// Writes a line to each sink that takes its level.
class RouteErrorLog final : public base::Log {
 public:
  RouteErrorLog(const std::vector<Sink>& sinks, const base::Clock& clock)
      : base::Log(-1, widest(sinks), &clock), sinks_(sinks) {
    for (const Sink& sink : sinks_) logs_.emplace_back(sink.file->fd, sink.level, &clock);
  }

  void write(base::LogLevel level, uint64_t connection, std::string_view text) override {
    for (size_t i = 0; i < logs_.size(); ++i) {
      if (!logs_[i].enabled(level)) continue;
      logs_[i].reopen(sinks_[i].file->fd);
      logs_[i].write(level, connection, text);
    }
  }

 private:
  std::vector<Sink> sinks_;
  std::vector<base::Log> logs_;
};

struct RouteErrorLogs {
  std::unordered_map<const RouteErrorLogConf*, std::unique_ptr<RouteErrorLog>> by_conf;
};

base::Result<void> add_log(void* section, const conf::Directive& directive, conf::Site& site) {
  base::Result<ErrorLogConf> parsed = parse_error_log(directive, site);
  if (!parsed) return tl::unexpected(parsed.error());
  auto file = exchange::builder_of(site).log_file(parsed->path);
  static_cast<RouteErrorLogConf*>(section)->sinks.push_back({std::move(file), parsed->level});
  return {};
}

constexpr conf::Row kRows[] = {
    {.name = "error_log",
     .contexts = conf::kHttpServerLocation,
     .syntax = "file | stderr [level]",
     .max_args = 2,
     .help = "Where errors are written that belong to requests handled here, instead of the log of the main "
             "level.",
     .set = add_log,
     .repeat = true},
};

std::string active(const void* conf, const exchange::Route&) {
  return static_cast<const RouteErrorLogConf*>(conf)->sinks.empty() ? "" : "error_log is set";
}

base::Result<void> on_worker(const exchange::Module& module, exchange::Worker& worker) {
  worker.keep(module, std::make_shared<RouteErrorLogs>());
  return {};
}

}  // namespace

const conf::Section RouteErrorLogConf::kSection = conf::section<RouteErrorLogConf>("error log", kRows);

const exchange::Module kErrorLogModule = {.name = "error_log",
                                          .priority = 0,
                                          .section = &RouteErrorLogConf::kSection,
                                          .active = active,
                                          .on_worker = on_worker};

base::Log& error_log_of(exchange::Worker& worker, const exchange::Route* route) {
  const void* found = route == nullptr ? nullptr : route->find(RouteErrorLogConf::kSection);
  const auto* conf = static_cast<const RouteErrorLogConf*>(found);
  if (conf == nullptr || conf->sinks.empty()) return worker.log();
  std::unique_ptr<RouteErrorLog>& log = worker.kept<RouteErrorLogs>(kErrorLogModule).by_conf[conf];
  if (!log) log = std::make_unique<RouteErrorLog>(conf->sinks, worker.clock());
  return *log;
}

}  // namespace proxy
